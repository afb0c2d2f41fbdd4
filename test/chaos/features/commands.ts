import { type ChatView, violation, type Violation } from '../evidence.js';
import { tokensOf } from '../tokens.js';
import {
  type Action,
  command,
  countOf,
  type Feature,
  named,
  nothingMore,
  range,
  say,
  tokensIn,
} from './feature.js';

/** Commands that change nothing: each is answered once. */
export const commands: Feature = {
  name: 'commands',
  sign: 1,
  script: (hand) =>
    range(hand.messages).flatMap((n) => [
      say(hand, n),
      ...(hand.random.chance(0.6)
        ? [command(hand.random.pick(['/help', '/usage', '/memory', '/mode']))]
        : []),
    ]),
  terms: (actions) => {
    const asked = countOf(actions, 'command');
    return named('commands', { extraReplies: { least: asked, most: asked } });
  },
  judge: nothingMore,
};

/** A /stop may have dropped or cancelled every earlier message. */
function before(actions: readonly Action[], text: string): ReadonlySet<string> {
  const last = actions.findLastIndex((action) => action.kind === 'command' && action.text === text);
  return new Set(tokensIn(actions.slice(0, last + 1)));
}

/** A /stop cancels the running turn, or drops waiting messages; later messages are answered. */
export const stop: Feature = {
  name: 'stop',
  sign: 1,
  script: (hand) =>
    range(hand.messages).flatMap((n) => [
      say(hand, n, hand.random.chance(0.4) ? 'slow:900' : ''),
      ...(n === 1 || n === 3 ? [command('/stop', hand.random.int(0, 600))] : []),
    ]),
  terms: (actions) =>
    named('stop', {
      stoppable: before(actions, '/stop'),
      extraReplies: { least: 0, most: countOf(actions, 'command') },
    }),
  judge: ({ chat, replies, turns }) => {
    const confirmed = replies.filter(({ turnId }) => turnId === null).length;
    const cancelled = turns.filter(({ state }) => state === 'cancelled').length;
    return confirmed + cancelled >= 2
      ? []
      : violation('lost', `chat ${chat}: two /stop, confirmed ${confirmed} times`);
  },
};

/** Behind a /reset the model sees no earlier message; all messages are answered. */
export const reset: Feature = {
  name: 'reset',
  sign: 1,
  script: (hand) =>
    range(hand.messages).flatMap((n) => (n === 2 ? [command('/reset'), say(hand, n)] : [say(hand, n)])),
  terms: () => named('reset', { extraReplies: { least: 1, most: 1 } }),
  judge: judgeEpochs,
};

const THIRD = /n[2-9]z$/;

function judgeEpochs({ chat, sent, all }: ChatView): Violation[] {
  const tokens = new Set(sent.map(({ token }) => token));
  const behind = (token: string) => THIRD.test(token);
  return all.requests
    .filter((request) => request.tokens.some((token) => tokens.has(token) && behind(token)))
    .filter(({ seen }) => tokensOf(seen.join(' ')).some((token) => !behind(token)))
    .flatMap(({ seen }) =>
      violation('record', `chat ${chat}: a request behind /reset shows ${seen.join(' ')}`),
    );
}

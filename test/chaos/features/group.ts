import { type Feature, type Hand, named, nothingMore, range, say, tokensIn } from './feature.js';

/** The double's bot. */
const BOT = '@double_bot';

const member = (who: number) => ({
  id: 700_000 + who,
  is_bot: false,
  first_name: ['Ada', 'Grace', 'Edsger'][who] ?? 'Alan',
  language_code: 'en',
});

/** A person of a group addresses the bot. */
function mention(hand: Hand, n: number) {
  const message = say(hand, n);
  return { ...message, text: `${BOT} ${message.text}`, fields: { from: member(hand.random.int(0, 2)) } };
}

/** Several people address the bot in a group, and talk to each other: those messages are not for the bot. */
export const group: Feature = {
  name: 'group',
  sign: -1,
  script: (hand) =>
    range(hand.messages).flatMap((n) => [
      ...(hand.random.chance(0.5)
        ? [{ kind: 'command' as const, text: 'as you know', fields: { from: member(2) }, pauseMs: 0 }]
        : []),
      mention(hand, n),
    ]),
  terms: () => named('group'),
  judge: nothingMore,
};

/** A group becomes a supergroup while it is in use: its questions under either id are answered, in order. */
export const migration: Feature = {
  name: 'migration',
  sign: -1,
  script: (hand) => {
    const moveAt = hand.random.int(1, hand.messages - 1);
    const to = hand.chat - 1_000_000_000_000;
    const move = { kind: 'move' as const, to, pauseMs: hand.random.int(0, 300) };
    return range(hand.messages).flatMap((n) =>
      n === moveAt ? [move, mention(hand, n)] : [mention(hand, n)],
    );
  },
  terms: (actions) => {
    const [first] = tokensIn(actions.slice(actions.findIndex(({ kind }) => kind === 'move')));
    return named('migration', { movesAt: first ?? null });
  },
  judge: nothingMore,
};

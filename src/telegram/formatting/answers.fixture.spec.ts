import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatId, NO_THREAD } from '../../channel/ids.js';
import { telegramChannel } from '../../../test/support/telegram-channel.js';
import { TelegramDouble } from '../../../test/support/telegram-double.js';
import { newChatId } from '../../../test/support/updates.js';
import { BotApiSimulator } from '../../playground/bot-api-simulator.js';
import { anyAnswer, essenceOf } from './answers.fixture.js';
import { writeBody } from '../sending/reply-body.js';
import { cutsOf } from './cuts.fixture.js';
import { formatMarkdown } from './format-markdown.js';
import { splitFormatted } from './split-formatted.js';

// `MARKDOWN_RUNS=10000 MARKDOWN_SEED=7 npm run test:unit -- answers`: that many answers, from that seed.
const { MARKDOWN_RUNS: runs = '200', MARKDOWN_SEED: seed = '1' } = process.env;
const plan = { numRuns: Number(runs), seed: Number(seed), endOnFailure: true };
const timeout = 60_000 + plan.numRuns * 300;
const never = new AbortController().signal;

describe(`${runs} generated answers, seed ${seed}`, { timeout }, () => {
  let double: TelegramDouble;
  let simulator: BotApiSimulator;

  beforeAll(async () => {
    double = await TelegramDouble.start();
    simulator = await BotApiSimulator.start();
  });
  afterAll(async () => {
    await double.close();
    await simulator.stop();
  });

  it('are refused by no message, show every word in order, and are cut in the right places', async () => {
    const to = { channel: 'telegram', chatId: ChatId(String(newChatId())), threadId: NO_THREAD, via: null };
    simulator.say(Number(to.chatId), { firstName: 'Ada' }, 'hi');
    const channels = [telegramChannel(double), telegramChannel(simulator)];
    const promise = fc.asyncProperty(anyAnswer, async ({ markdown, shown }) => {
      const whole = formatMarkdown(markdown);
      const messages = splitFormatted(whole);
      expect(differenceOf(essenceOf(messages.map(({ text }) => text).join('\n')), shown)).toBeNull();
      expect(cutsOf(whole, messages).flatMap(({ wrong }) => wrong)).toEqual([]);
      for (const message of messages.map((one) => writeBody(one))) {
        for (const channel of channels) {
          expect(await channel.send(to, message, never)).toMatchObject({ kind: 'sent' });
        }
      }
      // A message whose formatting is refused is followed by its bare text.
      expect(double.calls.flatMap(({ refused }) => refused ?? [])).toEqual([]);
      expect([...simulator.refusals]).toEqual([]);
      double.calls.length = 0;
    });
    await fc.assert(promise, plan);
  });
});

/** The place where the texts differ; null if they are equal, or if nothing is visible, which is shown as written. */
function differenceOf(seen: string, expected: string): object | null {
  const wanted = essenceOf(expected);
  if (seen === wanted || wanted === '') return null;
  let at = 0;
  while (seen[at] === wanted[at]) at++;
  return { seen: seen.slice(at - 20, at + 60), wanted: wanted.slice(at - 20, at + 60) };
}

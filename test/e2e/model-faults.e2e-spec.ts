import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import type { Answer } from '../support/scripted-model.js';
import { newChatId } from '../support/updates.js';

const apology = /^Sorry, .*(went wrong|too long|did not accept)/;

describeOnEachBackend('When the model fails', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { AGENT_TURN_TIMEOUT_MS: '10000' });
  });
  afterAll(() => world.stop());

  describe('temporarily, the turn is tried again and answered once', () => {
    const faults: [string, Answer][] = [
      ['429', { status: 429 }],
      ['429 with Retry-After', { status: 429, headers: { 'retry-after': '1' } }],
      ['500', { status: 500 }],
      ['503', { status: 503 }],
      ['text that is no JSON', { raw: '<html>Bad Gateway</html>' }],
      ['JSON of another kind', { raw: '{"object":"list","data":[]}' }],
      ['a connection that breaks', { fault: 'reset' }],
    ];
    it.concurrent.each(faults)('after %s', async (_name, fault) => {
      const chat = newChatId();
      world.model.script(`[${chat}]`, fault, { text: 'There you are.' });
      expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe('There you are.');
      expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(2);
      expect(world.telegram.textsOf(chat)).toHaveLength(1);
      expect(await world.deadLetters(chat)).toEqual([]);
    });
  });

  describe('for good, there is one dead letter and one honest sentence, and the chat goes on', () => {
    const faults: [string, Answer, string, number][] = [
      ['400', { status: 400 }, 'MODEL_400', 1],
      ['401', { status: 401 }, 'MODEL_401', 1],
      ['429 for want of credit', { status: 429, code: 'insufficient_quota' }, 'MODEL_QUOTA_EXHAUSTED', 1],
      ['no answer at all', { fault: 'hang' }, 'TURN_TIMEOUT', 1],
      ['500 again and again', { status: 500 }, 'MODEL_500', 5],
      ['garbage again and again', { raw: 'no JSON' }, 'MODEL_GARBLED', 5],
    ];
    it.concurrent.each(faults)('after %s', async (_name, fault, reason, attempts) => {
      const chat = newChatId();
      world.model.script(`[${chat}] bad`, fault);
      await world.say(chat, `[${chat}] bad`);
      await eventually(() => expect(world.telegram.textsOf(chat)).toHaveLength(1), { withinMs: 50_000 });
      expect(world.telegram.textsOf(chat)[0]).toMatch(apology);
      expect(await world.deadLetters(chat)).toMatchObject([{ kind: 'turn', reason, attempts }]);
      expect(world.model.callsAbout(`[${chat}] bad`)).toHaveLength(attempts);

      expect(await world.sayAndRead(chat, `[${chat}] good`)).toBe(`Echo: [${chat}] good`);
      // The apology has answered the failed message: it is history, not news.
      expect(world.model.callsAbout(`[${chat}] good`).map(({ news }) => news)).toEqual([[`[${chat}] good`]]);
      expect(world.telegram.textsOf(chat)).toHaveLength(2);
      expect(await world.eventStates(chat)).toEqual({ dead: 1, done: 1 });
    });
  });

  describe('to give a proper answer, the user gets', () => {
    const answers: [string, Answer[], RegExp, number][] = [
      ['an answer, where only the first was empty', [{ text: '' }, { text: 'Here.' }], /^Here\.$/, 2],
      ['the word that there is none, where it stays empty', [{ text: null }], /no answer to that/, 2],
      ['the refusal', [{ text: null, refusal: 'I must not.' }], /^I must not\.$/, 1],
      [
        'what there is and where it ends, past the length limit',
        [{ text: 'So far', finish: 'length' }],
        /^So far\n\n.*ends here/,
        1,
      ],
      [
        'the reason, where a content filter stopped it',
        [{ text: 'half', finish: 'content_filter' }],
        /content filter/,
        1,
      ],
    ];
    it.each(answers)('%s', async (_name, script, shown, calls) => {
      const chat = newChatId();
      world.model.script(`[${chat}]`, ...script);
      expect(await world.sayAndRead(chat, `[${chat}] hello`)).toMatch(shown);
      expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(calls);
      expect(await world.deadLetters(chat)).toEqual([]);
    });

    it('all of an answer of 20,000 characters, in parts that Telegram takes', async () => {
      const chat = newChatId();
      const text = Array.from({ length: 2_000 }, (_, index) => `word${index}`).join(' ');
      world.model.script(`[${chat}]`, { text });
      await world.say(chat, `[${chat}] tell me everything`);
      await eventually(() =>
        expect(world.telegram.textsOf(chat).join(' ').split(/\s+/)).toEqual(text.split(' ')),
      );
    });
  });

  it('answers a dead turn after one call to replay it', async () => {
    const chat = newChatId();
    world.model.script(`[${chat}]`, { status: 401 }, { text: 'The key is right again.' });
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toMatch(apology);
    const [letter] = await world.deadLetters(chat);
    await world.admin(`dead-letters/${letter?.id}/replay`, 'post').expect(202);
    expect(await world.lastOf(chat, 2)).toBe('The key is right again.');
    expect(await world.deadLetters(chat)).toEqual([]);
    expect(await world.eventStates(chat)).toEqual({ done: 1 });
    await world.admin(`dead-letters/${letter?.id}/replay`, 'post').expect(404);
  });
});

import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { type Failure, type FailureOrder, failures } from '../support/telegram-double.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('When Telegram fails', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend);
  });
  afterAll(() => world.stop());

  const sends = (chat: number) => world.telegram.callsOf('sendMessage', chat);
  const failNext = (chat: number, failure: Failure, times = 1) =>
    world.telegram.failNext({ method: 'sendMessage', chat, times, with: failure });

  async function delivered(chat: number, delivery: object): Promise<void> {
    await eventually(async () =>
      expect(await world.history(chat)).toMatchObject([{ role: 'user' }, { role: 'assistant', delivery }]),
    );
  }

  const openReplies = async (chat: number) =>
    world.sql('SELECT 1 FROM replies WHERE conversation_id = $1 AND settled_at IS NULL', [
      await world.conversationId(chat),
    ]);

  it('respects retry_after in the middle of an answer of several parts, and keeps their order', async () => {
    const chat = newChatId();
    const paragraphs = Array.from({ length: 3 }, (_, index) => `part${index} `.repeat(450).trim());
    world.model.script(`[${chat}]`, { text: paragraphs.join('\n\n') });
    const order: FailureOrder = {
      method: 'sendMessage',
      // Fits once the first part is there.
      get chat() {
        return world.telegram.textsOf(chat).length === 1 ? chat : Number.NaN;
      },
      with: failures.limited(1),
    };
    world.telegram.failNext(order);
    await world.say(chat, `[${chat}] tell me`);
    await eventually(() => expect(world.telegram.textsOf(chat).join(' ').split(/\s+/)).toHaveLength(3 * 450));
    expect(world.telegram.textsOf(chat).join(' ').split(/\s+/)).toEqual(paragraphs.join(' ').split(' '));
    const refused = sends(chat).findIndex((call) => call.refused !== null);
    expect(refused).toBe(1);
    const [limited, next] = sends(chat).slice(refused);
    expect(next?.params['text']).toBe(limited?.params['text']);
    expect((next?.at ?? 0) - (limited?.at ?? 0)).toBeGreaterThanOrEqual(1_000);
    await delivered(chat, { state: 'sent' });
  });

  it('does not repeat a reply that a blocked chat refuses: one dead letter, and the chat goes on', async () => {
    const chat = newChatId();
    failNext(chat, failures.blocked);
    await world.say(chat, `[${chat}] hello`);
    await delivered(chat, { state: 'failed', error: expect.stringContaining('blocked') });
    expect(await world.deadLetters(chat)).toMatchObject([{ kind: 'reply', reason: 'BOT_BLOCKED' }]);
    expect(await world.sayAndRead(chat, `[${chat}] again`)).toBe(`Echo: [${chat}] again`);
    expect(sends(chat)).toHaveLength(2);
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
  });

  it('sends a dead reply after one call to replay it', async () => {
    const chat = newChatId();
    failNext(chat, failures.blocked);
    await world.say(chat, `[${chat}] hello`);
    await delivered(chat, { state: 'failed' });
    const [letter] = await world.deadLetters(chat);
    await world.admin(`dead-letters/${letter?.id}/replay`, 'post').expect(202);
    expect(await world.lastOf(chat, 1)).toBe(`Echo: [${chat}] hello`);
    await delivered(chat, { state: 'sent' });
    expect(await world.deadLetters(chat)).toEqual([]);
    expect(world.model.callsAbout(`[${chat}]`)).toHaveLength(1);
  });

  it('sends plain text when the formatting is refused', async () => {
    const chat = newChatId();
    world.model.script(`[${chat}]`, { text: 'This is **bold**.' });
    failNext(chat, failures.badRequest("can't parse entities: whatever"));
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe('This is bold.');
    expect(sends(chat).map(({ params }) => 'entities' in params)).toEqual([true, false]);
    await delivered(chat, { state: 'sent' });
  });

  it.each([
    ['500', failures.serverError],
    ['429', failures.limited(1)],
  ])('tries again after %s, and shows the reply once', async (_name, failure) => {
    const chat = newChatId();
    failNext(chat, failure);
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe(`Echo: [${chat}] hello`);
    await delivered(chat, { state: 'sent' });
    expect(sends(chat)).toHaveLength(2);
    expect(world.telegram.textsOf(chat)).toHaveLength(1);
  });

  it('repeats at most once a send that broke after its acceptance, and records it as uncertain', async () => {
    const chat = newChatId();
    failNext(chat, failures.resetAfter);
    await world.say(chat, `[${chat}] hello`);
    await world.lastOf(chat, 2);
    await eventually(async () => expect(await openReplies(chat)).toEqual([]));
    await delivered(chat, { state: 'uncertain' });
    expect(world.telegram.textsOf(chat)).toEqual([`Echo: [${chat}] hello`, `Echo: [${chat}] hello`]);
    expect(await world.deadLetters(chat)).toEqual([]);
    expect(await world.sayAndRead(chat, `[${chat}] go on`)).toBe(`Echo: [${chat}] go on`);
  });

  it('does not trust a gateway about Telegram: it sends once more, and records that as uncertain', async () => {
    const chat = newChatId();
    failNext(chat, failures.gatewayTimeout);
    await world.say(chat, `[${chat}] hello`);
    await world.lastOf(chat, 2);
    await eventually(async () => expect(await openReplies(chat)).toEqual([]));
    await delivered(chat, { state: 'uncertain' });
    expect(sends(chat)).toHaveLength(2);
  });

  it('makes a dead letter of a send that broke twice, and sends it no third time', async () => {
    const chat = newChatId();
    failNext(chat, failures.resetAfter, 2);
    await world.say(chat, `[${chat}] hello`);
    await eventually(async () =>
      expect(await world.deadLetters(chat)).toMatchObject([
        { kind: 'reply', reason: 'SEND_OUTCOME_UNKNOWN' },
      ]),
    );
    await delivered(chat, { state: 'uncertain' });
    await world.sayAndRead(chat, `[${chat}] go on`);
    expect(sends(chat)).toHaveLength(3);
  });

  it('does not let one chat’s failures delay another', async () => {
    const [troubled, other] = [newChatId(), newChatId()];
    failNext(troubled, failures.limited(20));
    await world.say(troubled, `[${troubled}] hello`);
    await eventually(() => expect(sends(troubled)).toHaveLength(1));
    expect(await world.sayAndRead(other, `[${other}] hello`)).toBe(`Echo: [${other}] hello`);
    expect(world.telegram.textsOf(troubled)).toEqual([]);
  });
});

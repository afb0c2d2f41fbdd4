import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { failures } from '../support/telegram-double.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('Reactions', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { TELEGRAM_REACTIONS: 'true' });
  });
  afterAll(() => world.stop());

  /** A chat whose turn waits for the model, and the message that it answers. */
  async function busyChat() {
    const chat = newChatId();
    const held = world.model.hold(`[${chat}] long`);
    const messageId = await say(chat, `[${chat}] long`);
    await eventually(() => expect(held.waiting).toBe(1));
    return { chat, held, reaction: () => world.telegram.reactionTo(chat, messageId) };
  }

  async function say(chat: number, text: string): Promise<number> {
    const update = textUpdate(chat, text);
    await world.post(update).expect(200, { status: 'queued' });
    return Number(update.message['message_id']);
  }

  it('show that a message is processed, then that it is done', async () => {
    const { held, reaction } = await busyChat();
    await eventually(() => expect(reaction()).toBe('👀'));
    held.release();
    await eventually(() => expect(reaction()).toBe('👌'));
  });

  it('are removed without an answer', async () => {
    const { chat, reaction } = await busyChat();
    await eventually(() => expect(reaction()).toBe('👀'));
    await say(chat, '/stop');
    await eventually(() => expect(reaction()).toBeNull());
  });

  it('delay nothing and fail nothing when Telegram refuses them', async () => {
    const chat = newChatId();
    const refused = failures.badRequest('REACTION_NOT_ALLOWED');
    world.telegram.failNext({ method: 'setMessageReaction', chat, with: failures.hangBefore });
    world.telegram.failNext({ method: 'setMessageReaction', chat, with: refused });
    expect(await world.sayAndRead(chat, `[${chat}] hello`)).toBe(`Echo: [${chat}] hello`);
    expect(world.telegram.callsOf('setMessageReaction', chat)).toHaveLength(1);
    expect(await world.deadLetters(chat)).toEqual([]);
  });

  it('are not made unless the setting asks for them', async () => {
    const chat = newChatId();
    const quiet = await World.start(backend);
    await quiet.sayAndRead(chat, `[${chat}] hello`);
    expect(quiet.telegram.callsOf('setMessageReaction')).toEqual([]);
    await quiet.stop();
  });
});

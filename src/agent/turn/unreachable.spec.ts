import { describe, expect, it } from 'vitest';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { failures } from '../../../test/support/telegram-double.js';
import { eventually } from '../../../test/support/eventually.js';
import { telegramParts } from '../../../test/support/telegram-channel.js';
import { membershipUpdate } from '../../../test/support/updates.js';
import type { SendOutcome } from '../../channel/channel.js';
import { TelegramChannel } from '../../telegram/telegram-channel.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();
const { run, say, asked, states, turns, history } = scene;

/** Holds back whoever comes, until it is opened. */
function gate() {
  let release = (): void => undefined;
  const opened = new Promise<void>((resolve) => (release = resolve));
  const at = {
    reached: false,
    pass: async () => {
      at.reached = true;
      await opened;
    },
    release: () => release(),
  };
  return at;
}

/** Sends what waits. The chat has blocked the bot, unless said otherwise. */
async function deliver(chat: 'blocked' | 'open' = 'blocked'): Promise<void> {
  const { agent, conversation } = scene;
  if (chat === 'blocked')
    agent.telegram.failNext({
      method: 'sendMessage',
      chat: Number(conversation.chatId),
      with: failures.blocked,
    });
  await delivererOf(agent.room, agent.channel).run(conversation.id);
}

/** Sends what waits to a chat that has blocked the bot; `happen` comes before the refusal is recorded. */
async function deliverMeanwhile(happen: () => Promise<void>): Promise<void> {
  const { room, telegram } = scene.agent;
  const answer = gate();
  class SlowAnswer extends TelegramChannel {
    override async send(...call: Parameters<TelegramChannel['send']>): Promise<SendOutcome> {
      const outcome = await super.send(...call);
      await answer.pass();
      return outcome;
    }
  }
  const chat = Number(scene.conversation.chatId);
  telegram.failNext({ method: 'sendMessage', chat, with: failures.blocked });
  const sending = delivererOf(room, new SlowAnswer(...telegramParts(telegram))).run(scene.conversation.id);
  await eventually(() => expect(answer.reached).toBe(true));
  await happen();
  answer.release();
  await sending;
}

const isMarked = async () =>
  (await scene.agent.room.conversations.find(scene.conversation.id))?.unreachableAt !== null;

describe('A chat that cannot be sent anything', () => {
  it('is not worked for: what waits is recorded, and the model is not asked', async () => {
    await say(`${scene.word} hello`);
    await run();
    await say(`${scene.word} this waits`);
    await deliver();
    expect(await isMarked()).toBe(true);
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(asked()).toHaveLength(1);
    expect(await states()).toEqual(['done', 'dropped']);
  });

  it('ends a turn that was put off', async () => {
    await say(`${scene.word} first`);
    await run();
    scene.agent.model.script(scene.word, { status: 500 }, { status: 500 });
    await say(`${scene.word} second`);
    await run();
    await deliver();
    await scene.waitOver();
    const calls = asked().length;
    await run();
    expect(asked()).toHaveLength(calls);
    expect(await turns()).toMatchObject([
      { state: 'done' },
      { state: 'cancelled', errorCode: 'CHAT_UNREACHABLE' },
    ]);
  });

  it('is worked for again as soon as somebody writes there', async () => {
    await say(`${scene.word} hello`);
    await run();
    await deliver();
    await say(`${scene.word} I am back`);
    expect((await run()).replied).toBe(true);
    expect(asked()).toHaveLength(2);
    expect(await isMarked()).toBe(false);
  });

  it('is worked for again for what was written there while the refused message was being sent', async () => {
    await say(`${scene.word} hello`);
    await run();
    for (const waits of [true, false]) {
      await deliverMeanwhile(async () => {
        scene.agent.model.script(scene.word, { status: 500 }, { status: 500 }, { text: 'Welcome back.' });
        await say(`${scene.word} I am back`);
        // Or a turn has taken it by then, and is put off.
        if (!waits) await run();
      });
      expect(await isMarked()).toBe(false);
      for (let tries = 0; tries < 3; tries += 1) {
        await scene.waitOver();
        await run();
      }
      expect((await history()).at(-1)).toBe('assistant: Welcome back.');
    }
  });

  it.each(['that', 'another'])(
    'is not marked where the bot is let in, as %s topic says, while the refused message is being sent',
    async (which) => {
      const { room, commands } = scene.agent;
      const { chatId } = scene.conversation;
      const topic = which === 'that' ? scene.conversation : await room.conversation({ chatId, threadId: 7n });
      await say(`${scene.word} hello`);
      await run();
      await deliverMeanwhile(async () => {
        await room.event(topic, '/let-in', {}, membershipUpdate(Number(chatId), 'kicked', 'member'));
        await commands.handleWaiting(topic.id, null);
      });
      expect(await isMarked()).toBe(false);
    },
  );

  it('is not brought back by what was planned there', async () => {
    await say(`${scene.word} hello`);
    await run();
    await deliver();
    await scene.agent.room.event(scene.conversation, 'planned', {
      source: 'schedule',
      externalId: `${scene.conversation.id}:1`,
    });
    await run();
    expect(await isMarked()).toBe(true);
    expect(asked()).toHaveLength(1);
    expect(await states()).toEqual(['done', 'dropped']);
  });

  it('is reachable again when something arrives', async () => {
    await say(`${scene.word} hello`);
    await run();
    await deliver();
    await say('/help');
    await run();
    await deliver('open');
    expect(await isMarked()).toBe(false);
  });
});

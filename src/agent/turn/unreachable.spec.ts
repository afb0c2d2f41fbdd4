import { describe, expect, it } from 'vitest';
import { delivererOf } from '../../../test/support/delivery-parts.js';
import { failures } from '../../../test/support/telegram-double.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();
const { run, say, asked, states, turns } = scene;

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

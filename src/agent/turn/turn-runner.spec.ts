import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();
const { run, say, asked, turns, replies, history, states, shown } = scene;

describe('TurnRunner', () => {
  it('answers all that waits with one model call, each message in its row, in order, and one reply', async () => {
    for (const part of ['one', 'two', 'three']) await say(`${scene.word} ${part}`);
    scene.agent.model.script(scene.word, { text: 'All three.' });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: true });
    expect(asked()).toHaveLength(1);
    expect(await history()).toEqual([
      `user: ${scene.word} one`,
      `user: ${scene.word} two`,
      `user: ${scene.word} three`,
      'assistant: All three.',
    ]);
    expect(await states()).toEqual(['done', 'done', 'done']);
    expect(await replies()).toMatchObject([{ state: 'pending' }]);
    expect(await turns()).toMatchObject([
      { state: 'done', takeovers: 0, attempts: 0, model: 'double', finishedAt: expect.any(Date) },
    ]);
    expect((await scene.agent.room.conversations.find(scene.conversation.id))?.messageCount).toBe(4);
  });

  it('leaves messages that come while it runs to the next turn', async () => {
    await say(`${scene.word} early`);
    const hold = scene.agent.model.hold(scene.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await say(`late ${scene.word}`);
    hold.release();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: true });
    expect(await states()).toEqual(['done', 'waiting']);
    await run();
    expect(await turns()).toHaveLength(2);
    expect(shown()).toEqual([
      `user: ${scene.word} early`,
      `assistant: Echo: ${scene.word} early`,
      `user: late ${scene.word}`,
    ]);
  });

  it('does nothing where nothing waits, and takes no notice of a conversation that is held', async () => {
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    await say(scene.word);
    const lease = await scene.agent.room.lease(scene.conversation.id);
    expect(await run()).toEqual({ lane: { next: 'later', delayMs: 2_000 }, replied: false });
    await scene.agent.room.leases.release(lease);
    expect(asked()).toHaveLength(0);
  });

  it('claims what the chat’s limit grants, and comes back for the rest', async () => {
    scene.agent.limits.limit = 2;
    for (const part of ['a', 'b', 'c']) await say(`${scene.word} ${part}`);
    expect(await run()).toEqual({ lane: { next: 'now' }, replied: true });
    expect(await states()).toEqual(['done', 'done', 'waiting']);
    const limited = await run();
    expect(limited.lane).toEqual({ next: 'later', delayMs: scene.agent.limits.periodMs });
    scene.agent.windows.now += scene.agent.limits.periodMs;
    await run();
    expect(await states()).toEqual(['done', 'done', 'done']);
    expect(asked()).toHaveLength(2);
  });

  it('leaves the messages waiting while the limit cannot be asked', async () => {
    await say(scene.word);
    scene.agent.windows.state = 'unreachable';
    await expect(run()).rejects.toThrow('limit');
    scene.agent.windows.state = 'reachable';
    expect(await states()).toEqual(['waiting']);
    expect(await run()).toMatchObject({ replied: true });
  });

  it('passes over what turns out not to be for the bot', async () => {
    scene.conversation = await scene.agent.room.conversation({
      chatId: -scene.conversation.chatId,
      chatType: 'supergroup',
    });
    await scene.agent.room.event(scene.conversation, '/start@nobody', { kind: 'message' });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['done']);
    expect(await turns()).toEqual([]);
  });

  it('keeps one of two runs at a time, however often they are begun', async () => {
    for (let round = 0; round < 5; round += 1) {
      await say(`${scene.word} ${round}`);
      await Promise.all([run(), run(), run()]);
    }
    await run();
    const all = await turns();
    expect(all.every(({ state }) => state === 'done')).toBe(true);
    expect((await history()).filter((line) => line.startsWith('user'))).toEqual(
      Array.from({ length: 5 }, (_, round) => `user: ${scene.word} ${round}`),
    );
    expect(await replies()).toHaveLength(all.length);
  });
});

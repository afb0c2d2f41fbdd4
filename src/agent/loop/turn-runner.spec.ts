import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { openTurnFixture } from './turn.fixture.js';

const fixture = openTurnFixture();
const { run, say, asked, turns, replies, history, states, shown } = fixture;

describe('TurnRunner', () => {
  it('answers all waiting messages with one model call and one reply, each message in its row, in order', async () => {
    for (const part of ['one', 'two', 'three']) await say(`${fixture.word} ${part}`);
    fixture.agent.model.script(fixture.word, { text: 'All three.' });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: true });
    expect(asked()).toHaveLength(1);
    expect(await history()).toEqual([
      `user: ${fixture.word} one`,
      `user: ${fixture.word} two`,
      `user: ${fixture.word} three`,
      'assistant: All three.',
    ]);
    expect(await states()).toEqual(['done', 'done', 'done']);
    expect(await replies()).toMatchObject([{ state: 'pending' }]);
    expect(await turns()).toMatchObject([
      { state: 'done', takeovers: 0, attempts: 0, model: 'double', finishedAt: expect.any(Date) },
    ]);
    expect((await fixture.agent.room.conversations.find(fixture.conversation.id))?.messageCount).toBe(4);
  });

  it('speaks of no tools to the model where there are none, not even in its last step', async () => {
    const { settings } = fixture.agent;
    const { maxSteps } = settings;
    settings.maxSteps = 1;
    await say(fixture.word);
    await run();
    settings.maxSteps = maxSteps;
    expect(fixture.asked()[0]?.body).not.toHaveProperty('tool_choice');
    expect(fixture.asked()[0]?.body).not.toHaveProperty('tools');
  });

  it('leaves messages that arrive while it runs to the next turn', async () => {
    await say(`${fixture.word} early`);
    const hold = fixture.agent.model.hold(fixture.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await say(`late ${fixture.word}`);
    hold.release();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: true });
    expect(await states()).toEqual(['done', 'waiting']);
    await run();
    expect(await turns()).toHaveLength(2);
    expect(shown()).toEqual([
      `user: ${fixture.word} early`,
      `assistant: Echo: ${fixture.word} early`,
      `user: late ${fixture.word}`,
    ]);
  });

  it('does nothing if nothing waits, and leaves a conversation alone that another holds', async () => {
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    await say(fixture.word);
    const lease = await fixture.agent.room.lease(fixture.conversation.id);
    expect(await run()).toEqual({ lane: { next: 'later', delayMs: 2_000 }, replied: false });
    await fixture.agent.room.leases.release(lease);
    expect(asked()).toHaveLength(0);
  });

  it('claims the messages that the chat’s limit grants, and comes back for the rest', async () => {
    fixture.agent.limits.limit = 2;
    for (const part of ['a', 'b', 'c']) await say(`${fixture.word} ${part}`);
    expect(await run()).toEqual({ lane: { next: 'now' }, replied: true });
    expect(await states()).toEqual(['done', 'done', 'waiting']);
    const limited = await run();
    expect(limited.lane).toEqual({ next: 'later', delayMs: fixture.agent.limits.periodMs });
    fixture.agent.windows.now += fixture.agent.limits.periodMs;
    await run();
    expect(await states()).toEqual(['done', 'done', 'done']);
    expect(asked()).toHaveLength(2);
  });

  it('leaves the messages waiting while the limit cannot be read', async () => {
    await say(fixture.word);
    fixture.agent.windows.state = 'unreachable';
    await expect(run()).rejects.toThrow('limit');
    fixture.agent.windows.state = 'reachable';
    expect(await states()).toEqual(['waiting']);
    expect(await run()).toMatchObject({ replied: true });
  });

  it('passes over messages that turn out not to be for the bot', async () => {
    fixture.conversation = await fixture.agent.room.conversation({
      chatId: `-${fixture.conversation.chatId}`,
      chatType: 'supergroup',
    });
    await fixture.agent.room.event(fixture.conversation, '/start@nobody', { kind: 'message' });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['done']);
    expect(await turns()).toEqual([]);
  });

  it('runs one of two runs at a time, however often they are started', async () => {
    for (let round = 0; round < 5; round += 1) {
      await say(`${fixture.word} ${round}`);
      await Promise.all([run(), run(), run()]);
    }
    await run();
    const all = await turns();
    expect(all.every(({ state }) => state === 'done')).toBe(true);
    expect((await history()).filter((line) => line.startsWith('user'))).toEqual(
      Array.from({ length: 5 }, (_, round) => `user: ${fixture.word} ${round}`),
    );
    expect(await replies()).toHaveLength(all.length);
  });
});

import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { openTurnFixture } from './turn.fixture.js';

const fixture = openTurnFixture();
const { run, say, asked, turns, replies, history, states } = fixture;

describe('TurnRunner, when a run does not finish', () => {
  it('continues a dead process’s turn, without repeating its answered model calls', async () => {
    await say(fixture.word);
    const { turn, lease } = await fixture.agent.begin(fixture.conversation);
    await fixture.agent.steps.add(lease, {
      turnId: turn.id,
      index: 0,
      kind: 'model',
      name: 'double',
      requestDigest: '',
      result: {
        content: 'Asked long ago.',
        refusal: null,
        toolCalls: [],
        finishReason: 'stop',
        model: 'double',
      },
      error: null,
      inputTokens: 1,
      outputTokens: 1,
      startedAt: new Date(),
    });
    await say('came after the crash');
    await fixture.agent.room.expire(fixture.conversation.id);
    expect(await run()).toEqual({ lane: { next: 'now' }, replied: true });
    expect(asked()).toHaveLength(0);
    expect(await history()).toEqual([`user: ${fixture.word}`, 'assistant: Asked long ago.']);
    expect(await turns()).toMatchObject([{ state: 'done', takeovers: 1, deaths: 1, deathSteps: 1 }]);
    expect(await states()).toEqual(['done', 'waiting']);
  });

  it('begins no turn once the process is asked to end', async () => {
    await say(fixture.word);
    const stopping = new Stopping();
    stopping.onModuleDestroy();
    expect(await run(stopping)).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await states()).toEqual(['waiting']);
  });

  it('hands a turn back when the process must end, and the next one finishes it', async () => {
    await say(fixture.word);
    const hold = fixture.agent.model.hold(fixture.word);
    const stopping = new Stopping();
    const running = run(stopping);
    await eventually(() => expect(hold.waiting).toBe(1));
    stopping.onModuleDestroy();
    await stopping.beforeApplicationShutdown();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'waiting', attempts: 0, handBacks: 1 }]);
    hold.release();
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', attempts: 0, takeovers: 0, deaths: 0 }]);
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: Echo: ${fixture.word}`]);
  });

  it('commits nothing for a conversation that another process took over meanwhile', async () => {
    await say(fixture.word);
    const hold = fixture.agent.model.hold(fixture.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    const next = await fixture.agent.room.takeOver(fixture.conversation.id);
    hold.release();
    expect(await running).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await history()).toEqual([`user: ${fixture.word}`]);
    await fixture.agent.room.leases.release(next);
    expect(await run()).toMatchObject({ replied: true });
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: Echo: ${fixture.word}`]);
    expect(await replies()).toHaveLength(1);
  });

  it('gives one answer, even if the database cut every connection during the model call', async () => {
    await say(fixture.word);
    const hold = fixture.agent.model.hold(fixture.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await fixture.agent.room.cutConnections();
    hold.release();
    await running.catch(() => undefined);
    await fixture.agent.room.expire(fixture.conversation.id);
    await run();
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: Echo: ${fixture.word}`]);
    expect(await replies()).toHaveLength(1);
    expect(asked()).toHaveLength(1);
  });

  it('leaves a turn whose end could not be written to the next run, which repeats no call', async () => {
    await say(fixture.word);
    const hold = fixture.agent.model.hold(fixture.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await fixture.agent.room.pool.query('ALTER TABLE replies RENAME TO replies_away');
    hold.release();
    const outcome = await running.catch((error: unknown) => error);
    await fixture.agent.room.pool.query('ALTER TABLE replies_away RENAME TO replies');
    expect(outcome).toBeInstanceOf(Error);
    expect(await history()).toEqual([`user: ${fixture.word}`]);
    expect(await states()).toEqual(['claimed']);
    expect(await run()).toMatchObject({ replied: true });
    expect(asked()).toHaveLength(1);
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: Echo: ${fixture.word}`]);
    expect(await replies()).toHaveLength(1);
  });

  it('ends with its conversation if that is erased meanwhile', async () => {
    await say(fixture.word);
    const hold = fixture.agent.model.hold(fixture.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await fixture.agent.room.prisma.conversation.delete({ where: { id: fixture.conversation.id } });
    hold.release();
    expect(await running).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await history()).toEqual([]);
  });
});

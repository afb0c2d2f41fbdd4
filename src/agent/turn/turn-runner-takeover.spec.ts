import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { Stopping } from '../../runtime/stopping.js';
import { openTurnScene } from './turn-scene.spec-support.js';

const scene = openTurnScene();
const { run, say, asked, turns, replies, history, states } = scene;

describe('TurnRunner, when a run does not come to its end', () => {
  it('goes on with a turn that a dead process left, without asking the model for what it has answered', async () => {
    await say(scene.word);
    const { turn, lease } = await scene.agent.begin(scene.conversation);
    await scene.agent.steps.add(lease, {
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
    await scene.agent.room.expire(scene.conversation.id);
    expect(await run()).toEqual({ lane: { next: 'now' }, replied: true });
    expect(asked()).toHaveLength(0);
    expect(await history()).toEqual([`user: ${scene.word}`, 'assistant: Asked long ago.']);
    expect(await turns()).toMatchObject([{ state: 'done', takeovers: 1, deaths: 1, deathSteps: 1 }]);
    expect(await states()).toEqual(['done', 'waiting']);
  });

  it('begins nothing once the process is asked to end', async () => {
    await say(scene.word);
    const stopping = new Stopping();
    stopping.onModuleDestroy();
    expect(await run(stopping)).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await states()).toEqual(['waiting']);
  });

  it('hands a turn back when the process must end, for the next one to finish', async () => {
    await say(scene.word);
    const hold = scene.agent.model.hold(scene.word);
    const stopping = new Stopping();
    const running = run(stopping);
    await eventually(() => expect(hold.waiting).toBe(1));
    stopping.onModuleDestroy();
    await stopping.beforeApplicationShutdown();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'waiting', attempts: 0 }]);
    hold.release();
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', attempts: 0, takeovers: 0, deaths: 0 }]);
    expect(await history()).toEqual([`user: ${scene.word}`, `assistant: Echo: ${scene.word}`]);
  });

  it('commits nothing for a conversation that somebody else took over meanwhile', async () => {
    await say(scene.word);
    const hold = scene.agent.model.hold(scene.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    const next = await scene.agent.room.takeOver(scene.conversation.id);
    hold.release();
    expect(await running).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await history()).toEqual([`user: ${scene.word}`]);
    await scene.agent.room.leases.release(next);
    expect(await run()).toMatchObject({ replied: true });
    expect(await history()).toEqual([`user: ${scene.word}`, `assistant: Echo: ${scene.word}`]);
    expect(await replies()).toHaveLength(1);
  });

  it('gives one answer though the database cut every connection while the model thought', async () => {
    await say(scene.word);
    const hold = scene.agent.model.hold(scene.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await scene.agent.room.cutConnections();
    hold.release();
    await running.catch(() => undefined);
    await scene.agent.room.expire(scene.conversation.id);
    await run();
    expect(await history()).toEqual([`user: ${scene.word}`, `assistant: Echo: ${scene.word}`]);
    expect(await replies()).toHaveLength(1);
    expect(asked()).toHaveLength(1);
  });

  it('leaves a turn whose end could not be written to the next run, which asks nothing again', async () => {
    await say(scene.word);
    const hold = scene.agent.model.hold(scene.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await scene.agent.room.pool.query('ALTER TABLE replies RENAME TO replies_away');
    hold.release();
    const outcome = await running.catch((error: unknown) => error);
    await scene.agent.room.pool.query('ALTER TABLE replies_away RENAME TO replies');
    expect(outcome).toBeInstanceOf(Error);
    expect(await history()).toEqual([`user: ${scene.word}`]);
    expect(await states()).toEqual(['claimed']);
    expect(await run()).toMatchObject({ replied: true });
    expect(asked()).toHaveLength(1);
    expect(await history()).toEqual([`user: ${scene.word}`, `assistant: Echo: ${scene.word}`]);
    expect(await replies()).toHaveLength(1);
  });

  it('ends with its scene.conversation, when that is erased while it runs', async () => {
    await say(scene.word);
    const hold = scene.agent.model.hold(scene.word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await scene.agent.room.prisma.conversation.delete({ where: { id: scene.conversation.id } });
    hold.release();
    expect(await running).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await history()).toEqual([]);
  });
});

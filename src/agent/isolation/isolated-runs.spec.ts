import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import type { Turn } from '../../generated/prisma/client.js';
import { Stopping } from '../../runtime/stopping.js';
import { en } from '../../texts/en.js';
import { openTurnScene } from '../turn/turn-scene.spec-support.js';
import { IsolatedEntry, noIsolation } from './isolated-entry.js';
import { MAX_PROCESSES } from './isolated-runs.service.js';
import { MAX_SHARED_DEATHS, SUSPECT_AFTER } from './turn-deaths.js';

const scene = openTurnScene();
const { say, turns, letters, history, states, asked } = scene;
const file = fileURLToPath(new URL('../../../test/support/isolated-double.mjs', import.meta.url));

/** Processes that say and do this. */
const thatDoes = (...script: string[]) => new IsolatedEntry(file, script, { PATH: process.env['PATH'] });

const run = (entry = noIsolation, stopping = new Stopping()) =>
  scene.agent.runner(stopping, undefined, entry).run(scene.conversation.id);

/** A turn that was found so, and is found again. */
async function found(change: Partial<Turn> = {}): Promise<Turn> {
  await say(scene.word);
  const { turn } = await scene.agent.begin(scene.conversation);
  await scene.agent.room.expire(scene.conversation.id);
  return await scene.agent.room.prisma.turn.update({
    where: { id: turn.id },
    data: { takeovers: SUSPECT_AFTER - 1, deaths: MAX_SHARED_DEATHS - 1, ...change },
  });
}

describe('IsolatedRuns', () => {
  it('leave a turn that was found unfinished once where it is', async () => {
    await found({ takeovers: 0, deaths: 0 });
    expect(await run(thatDoes('begun', 'abort'))).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', takeovers: 1, deaths: 1 }]);
  });

  it('make a dead letter of a suspect whose own process dies too, and tell the user', async () => {
    const { id } = await found();
    expect(await run(thatDoes('begun', 'abort'))).toEqual({ lane: { next: 'none' }, replied: true });
    expect(await letters()).toMatchObject([{ kind: 'turn', reason: 'TURN_POISON', subjectId: id }]);
    expect(await turns()).toMatchObject([{ state: 'failed', deaths: 3 }]);
    expect(await states()).toEqual(['dead']);
    expect(await history()).toEqual([`user: ${scene.word}`, `assistant: ${en.failed}`]);
    expect(asked()).toHaveLength(0);
  });

  it('take an end without an outcome for a death, whatever its exit code', async () => {
    await found();
    await run(thatDoes('begun', 'exit'));
    expect(await letters()).toMatchObject([{ reason: 'TURN_POISON' }]);
  });

  it('count no death before the run has begun: the suspect runs where others do', async () => {
    await found();
    expect(await run(thatDoes('absent'))).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', deaths: MAX_SHARED_DEATHS }]);
  });

  it('need three deaths of its own where the suspect has made a step since', async () => {
    const { id } = await found({ deathSteps: 1 });
    await run(thatDoes('begun', 'abort'));
    expect(await turns()).toMatchObject([{ id, state: 'failed', deaths: 3, deathSteps: 0 }]);
  });

  it('hand on what the run came to', async () => {
    await found();
    expect(await run(thatDoes('begun', 'ended'))).toEqual({ lane: { next: 'none' }, replied: true });
    expect(await letters()).toEqual([]);
  });

  it('count nothing where the database broke the run, which is gone on with', async () => {
    await found();
    await expect(run(thatDoes('begun', 'broken'))).rejects.toThrow('no database for');
    expect(await turns()).toMatchObject([{ state: 'waiting', deaths: MAX_SHARED_DEATHS }]);
  });

  it('count nothing where this process is asked to end', async () => {
    await found();
    const stopping = new Stopping();
    const running = run(thatDoes('begun', 'wait'), stopping);
    await eventually(async () => expect(await turns()).toMatchObject([{ state: 'running', takeovers: 2 }]));
    stopping.onModuleDestroy();
    expect((await running).replied).toBe(false);
    expect(await turns()).toMatchObject([{ state: 'waiting', deaths: MAX_SHARED_DEATHS }]);
  });

  it('are so many at once, of which one is for turns that wait for a tool', async () => {
    const stopping = new Stopping();
    const runner = scene.agent.runner(stopping, undefined, thatDoes('begun', 'wait'));
    const stateOf = async (id: string) =>
      (await scene.agent.room.prisma.turn.findUnique({ where: { id } }))?.state;
    const suspects: Turn[] = [];
    for (let place = 0; place < MAX_PROCESSES; place += 1) {
      suspects.push(await found());
      await scene.begin();
    }
    const [last, ...others] = suspects;
    if (!last) throw new Error('no places');
    const running = others.map(({ conversationId }) => runner.run(conversationId));
    for (const { id } of others)
      await eventually(async () =>
        expect(await scene.agent.room.prisma.turn.findUnique({ where: { id } })).toMatchObject({
          takeovers: 2,
        }),
      );
    expect(await runner.run(last.conversationId)).toMatchObject({ lane: { next: 'later' }, replied: false });
    expect(await stateOf(last.id)).toBe('waiting');
    const result = {
      content: null,
      refusal: null,
      toolCalls: [{}],
      finishReason: 'tool_calls',
      model: 'double',
    };
    const step = { turnId: last.id, index: 0, kind: 'model', name: 'double', requestDigest: '' } as const;
    await scene.agent.room.prisma.step.create({ data: { ...step, result, startedAt: new Date() } });
    running.push(runner.run(last.conversationId));
    await eventually(async () => expect(await stateOf(last.id)).toBe('running'));
    stopping.onModuleDestroy();
    for (const outcome of await Promise.all(running)) expect(outcome.replied).toBe(false);
  });
});

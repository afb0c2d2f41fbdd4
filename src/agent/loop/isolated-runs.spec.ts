import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import type { Turn } from '../../generated/prisma/client.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { en } from '../../platform/i18n/en.js';
import { openTurnFixture } from './turn.fixture.js';
import { IsolatedEntry, noIsolation } from './isolation/isolated-entry.js';
import type { TurnOutcome } from '../turns/turn-outcome.js';
import { MAX_PROCESSES } from './isolated-runs.service.js';
import { MAX_SHARED_DEATHS, SUSPECT_AFTER, SUSPECT_AFTER_HAND_BACKS } from '../turns/turn-deaths.js';

const fixture = openTurnFixture();
const { say, turns, letters, history, states, asked } = fixture;
const file = fileURLToPath(new URL('../../../test/support/isolated-double.mjs', import.meta.url));

/** Processes that run this script. */
const thatDoes = (...script: string[]) => new IsolatedEntry(file, script, { PATH: process.env['PATH'] });

const run = (entry = noIsolation, stopping = new Stopping()) =>
  fixture.agent.runner(stopping, undefined, entry).run(fixture.conversation.id);

/** A turn in this state, which is taken over again. */
async function found(change: Partial<Turn> = {}): Promise<Turn> {
  await say(fixture.word);
  const { turn } = await fixture.agent.begin(fixture.conversation);
  await fixture.agent.room.expire(fixture.conversation.id);
  return await fixture.agent.room.prisma.turn.update({
    where: { id: turn.id },
    data: { takeovers: SUSPECT_AFTER - 1, deaths: MAX_SHARED_DEATHS - 1, ...change },
  });
}

const findTurn = (id: string) => fixture.agent.room.prisma.turn.findUnique({ where: { id } });

/** Records a tool call that has not ended. */
async function askForTool(turnId: string): Promise<void> {
  const call = { id: 'c', name: 'nobody_has_it', arguments: '{}' };
  const result = {
    content: null,
    refusal: null,
    toolCalls: [call],
    finishReason: 'tool_calls',
    model: 'double',
  };
  const step = { turnId, index: 0, kind: 'model', name: 'double', requestDigest: '' } as const;
  await fixture.agent.room.prisma.step.create({ data: { ...step, result, startedAt: new Date() } });
}

describe('IsolatedRuns', () => {
  it('do not isolate a turn that was found unfinished once', async () => {
    await found({ takeovers: 0, deaths: 0 });
    expect(await run(thatDoes('begun', 'abort'))).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', takeovers: 1, deaths: 1 }]);
  });

  it('make a dead letter of a suspect whose own process dies too, and notify the user', async () => {
    const { id } = await found();
    expect(await run(thatDoes('begun', 'abort'))).toEqual({ lane: { next: 'none' }, replied: true });
    expect(await letters()).toMatchObject([{ kind: 'turn', reason: 'TURN_POISON', subjectId: id }]);
    expect(await turns()).toMatchObject([{ state: 'failed', deaths: 3 }]);
    expect(await states()).toEqual(['dead']);
    expect(await history()).toEqual([`user: ${fixture.word}`, `assistant: ${en.failed}`]);
    expect(asked()).toHaveLength(0);
  });

  it('count an end without an outcome as a death, whatever its exit code', async () => {
    await found();
    await run(thatDoes('begun', 'exit'));
    expect(await letters()).toMatchObject([{ reason: 'TURN_POISON' }]);
  });

  it('count no death before the run has begun: the suspect runs in the shared process', async () => {
    await found();
    expect(await run(thatDoes('absent'))).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', deaths: MAX_SHARED_DEATHS }]);
  });

  it('need three deaths of its own once the suspect has made a step', async () => {
    const { id } = await found({ deathSteps: 1 });
    await run(thatDoes('begun', 'abort'));
    expect(await turns()).toMatchObject([{ id, state: 'failed', deaths: 3, deathSteps: 0 }]);
  });

  it('return the outcome of the run', async () => {
    await found();
    expect(await run(thatDoes('begun', 'ended'))).toEqual({ lane: { next: 'none' }, replied: true });
    expect(await letters()).toEqual([]);
  });

  it('count nothing if the database broke the run, which then continues', async () => {
    await found();
    await expect(run(thatDoes('begun', 'broken'))).rejects.toThrow('no database for');
    expect(await turns()).toMatchObject([{ state: 'waiting', deaths: MAX_SHARED_DEATHS }]);
  });

  it('count nothing if this process is asked to end', async () => {
    await found();
    const stopping = new Stopping();
    const running = run(thatDoes('begun', 'wait'), stopping);
    await eventually(async () => expect(await turns()).toMatchObject([{ state: 'running', takeovers: 2 }]));
    stopping.onModuleDestroy();
    expect((await running).replied).toBe(false);
    expect(await turns()).toMatchObject([{ state: 'waiting', deaths: MAX_SHARED_DEATHS }]);
  });

  it('isolate a turn that was found once, if it was in the middle of a tool call', async () => {
    const { id } = await found({ takeovers: 0, deaths: 0 });
    await askForTool(id);
    await run(thatDoes('begun', 'abort'));
    expect(await turns()).toMatchObject([{ state: 'failed', takeovers: 1, deaths: 3 }]);
    expect(await letters()).toMatchObject([{ reason: 'TURN_POISON' }]);
  });

  it('isolate a turn that was handed back three times', async () => {
    await found({ takeovers: 0, deaths: 0, state: 'waiting', handBacks: SUSPECT_AFTER_HAND_BACKS });
    await run(thatDoes('begun', 'abort'));
    expect(await turns()).toMatchObject([{ state: 'failed', takeovers: 0, deaths: 3 }]);
  });

  it('have separate limits for turns that wait for a tool and for turns that wait for a model', async () => {
    const stopping = new Stopping();
    const runner = fixture.agent.runner(stopping, undefined, thatDoes('begun', 'wait'));
    const running: Promise<TurnOutcome>[] = [];
    const occupy = async (count: number, isToolOf: (id: string) => Promise<unknown>) => {
      for (let place = 0; place < count; place += 1) {
        const { id, conversationId } = await found();
        await isToolOf(id);
        running.push(runner.run(conversationId));
        await eventually(async () =>
          expect(await findTurn(id)).toMatchObject({ state: 'running', takeovers: SUSPECT_AFTER }),
        );
        await fixture.begin();
      }
    };
    const refused = { lane: { next: 'later' }, replied: false };
    await occupy(MAX_PROCESSES.models, () => Promise.resolve());
    const late = await found();
    expect(await runner.run(late.conversationId)).toMatchObject(refused);
    expect(await findTurn(late.id)).toMatchObject({ state: 'waiting' });
    await fixture.begin();
    await occupy(MAX_PROCESSES.tools, askForTool);
    const last = await found();
    await askForTool(last.id);
    expect(await runner.run(last.conversationId)).toMatchObject(refused);
    // A turn that was found once is not suspect enough to wait.
    await fixture.begin();
    const likely = await found({ takeovers: 0, deaths: 0 });
    await askForTool(likely.id);
    expect(await runner.run(likely.conversationId)).toMatchObject({ replied: true });
    stopping.onModuleDestroy();
    for (const outcome of await Promise.all(running)) expect(outcome.replied).toBe(false);
  });
});

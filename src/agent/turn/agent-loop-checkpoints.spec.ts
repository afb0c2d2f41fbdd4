import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { GiveUpError, LeaseLostError } from '../../errors/errors.js';
import type { Lease } from '../../lease/lease.repository.js';
import { openLoopScene } from './loop-scene.spec-support.js';
import { mark, Recorder } from './recorder.spec-support.js';
import { type NewStep, StepRepository } from './step.repository.js';

const scene = openLoopScene(Recorder);
const { asked, begin, shown } = scene;

beforeEach(() => scene.tools.forget());

/** Loses its process right before or right after its nth step is committed. */
class MortalSteps extends StepRepository {
  constructor(
    private left: number,
    private readonly dies: 'before' | 'after',
  ) {
    super(scene.agent.room.prisma, scene.agent.room.leases, scene.agent.prices);
  }

  override async add(lease: Lease, step: NewStep): Promise<void> {
    this.left -= 1;
    if (this.left < 0 && this.dies === 'before') throw new GiveUpError('KILLED', 'the process died');
    await super.add(lease, step);
    if (this.left <= 0 && this.dies === 'after') throw new GiveUpError('KILLED', 'the process died');
  }
}

describe('AgentLoop, begun again', () => {
  it('begun again after the process died behind any of its checkpoints, calls neither model nor tool twice', async () => {
    for (let steps = 1; steps <= 6; steps += 1) {
      await scene.fresh();
      scene.tools.forget();
      scene.agent.model.script(scene.word, mark('a', 'b'), mark('c'), { text: 'Done.' });
      const { run, lease } = await begin();
      await expect(run(new MortalSteps(steps, 'after')), `after step ${steps}`).rejects.toThrow('died');
      expect(await run(), `after step ${steps}`).toMatchObject({ text: 'Done.' });
      expect(asked(), `after step ${steps}`).toHaveLength(3);
      // Parallel calls: the other one may have run, and its checkpoint failed with the process.
      expect(new Set(scene.tools.marks)).toEqual(new Set(['a', 'b', 'c']));
      if (steps !== 2) expect(scene.tools.marks, `after step ${steps}`).toHaveLength(3);
      await scene.agent.room.leases.release(lease);
    }
  });

  it('repeats at most the call whose end was not yet written down', async () => {
    for (let steps = 0; steps < 5; steps += 1) {
      await scene.fresh();
      scene.tools.forget();
      scene.agent.model.script(scene.word, mark('a'), mark('b'), { text: 'Done.' });
      const { run, turn } = await begin();
      await expect(run(new MortalSteps(steps, 'before'))).rejects.toThrow('died');
      // What was asked for is gone with the process: the model is asked anew, and says the same in the same place.
      const committed = (await scene.agent.steps.of(turn.id)).size;
      expect(committed).toBe(steps);
      const before = { asked: asked().length, marks: scene.tools.marks.length };
      scene.agent.model.script(
        scene.word,
        ...[mark('a'), mark('b'), { text: 'Done.' }].slice(Math.ceil(committed / 2)),
      );
      expect(await run()).toMatchObject({ text: 'Done.' });
      expect((await scene.agent.steps.of(turn.id)).size).toBe(5);
      expect(asked().length - before.asked).toBe(3 - Math.ceil(committed / 2));
      expect(scene.tools.marks.length - before.marks).toBe(2 - Math.floor(committed / 2));
    }
  });

  it('calls of several tools only the one whose result is missing', async () => {
    scene.agent.model.script(scene.word, mark('a', 'b', 'c'), { text: 'Done.' });
    const { run, turn } = await begin();
    await run();
    await scene.agent.room.prisma.step.deleteMany({ where: { turnId: turn.id, index: { in: [2, 4] } } });
    scene.tools.forget();
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(scene.tools.marks).toEqual(['b']);
    expect(shown().map(({ content }) => content)).toEqual([
      scene.word,
      null,
      'marked a',
      'marked b',
      'marked c',
    ]);
  });

  it('commits nothing of a tool that ends after the lease was lost', async () => {
    scene.agent.model.script(
      scene.word,
      { calls: [{ name: 'slow', arguments: { label: 'x' } }] },
      { text: 'never asked' },
    );
    const { run, turn } = await begin();
    const outcome = expect(run()).rejects.toBeInstanceOf(LeaseLostError);
    await eventually(() => expect(scene.tools.waiting).toBe(1));
    const next = await scene.agent.room.takeOver(scene.conversation.id);
    scene.tools.goOn();
    await outcome;
    expect((await scene.agent.steps.of(turn.id)).size).toBe(1);
    // The new holder calls it again, with the same key.
    const again = run(scene.agent.steps, undefined, next);
    await eventually(() => expect(scene.tools.waiting).toBe(2));
    scene.tools.goOn();
    await again;
    expect(asked()).toHaveLength(2);
  });

  it('ends with the reason of its signal, and leaves the steps that are there', async () => {
    scene.agent.model.script(scene.word, mark('a'), { fault: 'hang' });
    const { run, turn } = await begin();
    const stop = new AbortController();
    const outcome = expect(run(scene.agent.steps, stop.signal)).rejects.toThrow('that is enough');
    await eventually(() => expect(asked()).toHaveLength(2));
    stop.abort(new Error('that is enough'));
    await outcome;
    expect((await scene.agent.steps.of(turn.id)).size).toBe(2);
    await eventually(() => expect(asked().at(-1)?.abandoned).toBe(true));
  });
});

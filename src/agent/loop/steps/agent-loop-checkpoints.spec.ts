import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { GiveUpError, LeaseLostError } from '../../../platform/errors/errors.js';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import { openLoopFixture } from './loop.fixture.js';
import { mark, Recorder } from './recorder.fixture.js';
import { type NewStep, StepRepository } from '../../turns/step.repository.js';

const fixture = openLoopFixture(Recorder);
const { asked, begin, shown } = fixture;

beforeEach(() => fixture.tools.forget());

/** Loses its process right before or right after its nth step is committed. */
class MortalSteps extends StepRepository {
  constructor(
    private left: number,
    private readonly dies: 'before' | 'after',
  ) {
    super(fixture.agent.room.prisma, fixture.agent.room.leases, fixture.agent.prices);
  }

  override async add(lease: Lease, step: NewStep): Promise<void> {
    this.left -= 1;
    if (this.left < 0 && this.dies === 'before') throw new GiveUpError('KILLED', 'the process died');
    await super.add(lease, step);
    if (this.left <= 0 && this.dies === 'after') throw new GiveUpError('KILLED', 'the process died');
  }
}

describe('AgentLoop, begun again', () => {
  it('calls neither model nor tool twice after the process died behind any checkpoint', async () => {
    for (let steps = 1; steps <= 6; steps += 1) {
      await fixture.fresh();
      fixture.tools.forget();
      fixture.agent.model.script(fixture.word, mark('a', 'b'), mark('c'), { text: 'Done.' });
      const { run, lease } = await begin();
      await expect(run(new MortalSteps(steps, 'after')), `after step ${steps}`).rejects.toThrow('died');
      expect(await run(), `after step ${steps}`).toMatchObject({ text: 'Done.' });
      expect(asked(), `after step ${steps}`).toHaveLength(3);
      // Parallel calls: the other one may have run without its checkpoint.
      expect(new Set(fixture.tools.marks)).toEqual(new Set(['a', 'b', 'c']));
      if (steps !== 2) expect(fixture.tools.marks, `after step ${steps}`).toHaveLength(3);
      await fixture.agent.room.leases.release(lease);
    }
  });

  it('repeats at most the call whose end was not yet committed', async () => {
    for (let steps = 0; steps < 5; steps += 1) {
      await fixture.fresh();
      fixture.tools.forget();
      fixture.agent.model.script(fixture.word, mark('a'), mark('b'), { text: 'Done.' });
      const { run, turn } = await begin();
      await expect(run(new MortalSteps(steps, 'before'))).rejects.toThrow('died');
      // The answer is lost with the process: the model is asked anew, and answers the same in the same place.
      const committed = (await fixture.agent.steps.findByTurn(turn.id)).size;
      expect(committed).toBe(steps);
      const before = { asked: asked().length, marks: fixture.tools.marks.length };
      fixture.agent.model.script(
        fixture.word,
        ...[mark('a'), mark('b'), { text: 'Done.' }].slice(Math.ceil(committed / 2)),
      );
      expect(await run()).toMatchObject({ text: 'Done.' });
      expect((await fixture.agent.steps.findByTurn(turn.id)).size).toBe(5);
      expect(asked().length - before.asked).toBe(3 - Math.ceil(committed / 2));
      expect(fixture.tools.marks.length - before.marks).toBe(2 - Math.floor(committed / 2));
    }
  });

  it('calls of several tools only the one whose result is missing', async () => {
    fixture.agent.model.script(fixture.word, mark('a', 'b', 'c'), { text: 'Done.' });
    const { run, turn } = await begin();
    await run();
    await fixture.agent.room.prisma.step.deleteMany({ where: { turnId: turn.id, index: { in: [2, 4] } } });
    fixture.tools.forget();
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(fixture.tools.marks).toEqual(['b']);
    expect(shown().map(({ content }) => content)).toEqual([
      fixture.word,
      null,
      'marked a',
      'marked b',
      'marked c',
    ]);
  });

  it('commits no result of a tool that ends after the lease was lost', async () => {
    fixture.agent.model.script(
      fixture.word,
      { calls: [{ name: 'slow', arguments: { label: 'x' } }] },
      { text: 'never asked' },
    );
    const { run, turn } = await begin();
    const outcome = expect(run()).rejects.toBeInstanceOf(LeaseLostError);
    await eventually(() => expect(fixture.tools.waiting).toBe(1));
    const next = await fixture.agent.room.takeOver(fixture.conversation.id);
    fixture.tools.goOn();
    await outcome;
    expect((await fixture.agent.steps.findByTurn(turn.id)).size).toBe(1);
    // The new holder calls it again, with the same key.
    const again = run(fixture.agent.steps, undefined, next);
    await eventually(() => expect(fixture.tools.waiting).toBe(2));
    fixture.tools.goOn();
    await again;
    expect(asked()).toHaveLength(2);
  });

  it('ends with the reason of its signal, and keeps its committed steps', async () => {
    fixture.agent.model.script(fixture.word, mark('a'), { fault: 'hang' });
    const { run, turn } = await begin();
    const stop = new AbortController();
    const outcome = expect(run(fixture.agent.steps, stop.signal)).rejects.toThrow('that is enough');
    await eventually(() => expect(asked()).toHaveLength(2));
    stop.abort(new Error('that is enough'));
    await outcome;
    expect((await fixture.agent.steps.findByTurn(turn.id)).size).toBe(2);
    await eventually(() => expect(asked().at(-1)?.abandoned).toBe(true));
  });
});

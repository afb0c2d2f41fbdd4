import { IsString } from 'class-validator';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import { TOOL_OUTCOME_UNKNOWN } from '../../tools/unknown-outcome.js';
import { Tool } from '../../tools/tool.decorator.js';
import { openLoopFixture } from './loop.fixture.js';
import { type NewStep, StepRepository } from '../../turns/step.repository.js';

class Label {
  @IsString()
  label: string;
}

class Tools {
  readonly called: string[] = [];

  @Tool({ name: 'look', description: 'Looks.', parameters: Label })
  look({ label }: Label): string {
    this.called.push(label);
    return 'seen';
  }

  @Tool({ name: 'pay', description: 'Pays.', parameters: Label, repeatable: false })
  pay({ label }: Label): string {
    this.called.push(label);
    return 'paid';
  }
}

const fixture = openLoopFixture(Tools);

beforeEach(() => {
  fixture.tools.called.length = 0;
});
afterEach(() =>
  fixture.agent.room.pool.query('DROP FUNCTION IF EXISTS away() CASCADE; DROP SEQUENCE IF EXISTS tries'),
);

/**
 * Lets the database refuse the first write of this kind to the steps, and no other. A sequence counts, because it
 * survives a rollback.
 */
const awayAtFirst = (when: 'INSERT' | 'UPDATE' | 'DELETE', condition = 'true') =>
  fixture.agent.room.pool.query(`
    CREATE SEQUENCE tries;
    CREATE FUNCTION away() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF (${condition}) AND nextval('tries') = 1 THEN RAISE EXCEPTION 'steps: away' USING ERRCODE = '57P01'; END IF;
        RETURN coalesce(NEW, OLD);
      END $$;
    CREATE TRIGGER away BEFORE ${when} ON steps FOR EACH ROW EXECUTE FUNCTION away()`);
const tries = async () => {
  const [row] = await fixture.agent.room.rows<{ last: string }>('SELECT last_value AS last FROM tries');
  return Number(row?.last);
};
/** Aborts the turn right after a call is recorded as begun. */
class BrokenOff extends StepRepository {
  constructor(private readonly stop: AbortController) {
    super(fixture.agent.room.prisma, fixture.agent.room.leases, fixture.agent.prices);
  }

  override async add(lease: Lease, step: NewStep): Promise<void> {
    await super.add(lease, step);
    if (step.kind === 'tool') this.stop.abort(new Error('broken off'));
  }
}

const stepsOf = (turnId: string) =>
  fixture.agent.room.prisma.step.findMany({ where: { turnId }, orderBy: { index: 'asc' } });

describe('A model', () => {
  it('is asked once, even if the first write of its answer fails', async () => {
    fixture.agent.model.script(
      fixture.word,
      { calls: [{ name: 'look', arguments: { label: 'once' } }] },
      { text: 'Done.' },
    );
    const { run, turn } = await fixture.begin();
    await awayAtFirst('INSERT', "NEW.kind = 'model' AND NEW.index = 0");
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(await tries()).toBe(2);
    expect(fixture.asked()).toHaveLength(2);
    expect(await stepsOf(turn.id)).toHaveLength(3);
  });
});

describe('A tool', () => {
  const call = (name: string) => ({ calls: [{ name, arguments: { label: 'once' } }] });

  it('is called once, even if the first write of its result fails', async () => {
    fixture.agent.model.script(fixture.word, call('look'), { text: 'Done.' });
    const { run, turn } = await fixture.begin();
    await awayAtFirst('INSERT', "NEW.kind = 'tool'");
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(await tries()).toBe(2);
    expect(fixture.tools.called).toEqual(['once']);
    expect(await stepsOf(turn.id)).toHaveLength(3);
  });

  it('that must not be called twice is called, even if the first write of its begin mark fails', async () => {
    fixture.agent.model.script(fixture.word, call('pay'), { text: 'Done.' });
    const { run, turn } = await fixture.begin();
    await awayAtFirst('INSERT', "NEW.kind = 'tool'");
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(fixture.tools.called).toEqual(['once']);
    expect((await stepsOf(turn.id))[1]).toMatchObject({ kind: 'tool', error: null });
  });

  it('that must not be called twice keeps its outcome, even if the first write of it fails', async () => {
    fixture.agent.model.script(fixture.word, call('pay'), { text: 'Done.' });
    const { run, turn } = await fixture.begin();
    await awayAtFirst('UPDATE');
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(await tries()).toBe(2);
    expect((await stepsOf(turn.id))[1]).toMatchObject({ kind: 'tool', error: null });
  });

  it('that was not entered is no step, even if the first removal of its mark fails', async () => {
    fixture.agent.model.script(fixture.word, call('pay'), { text: 'Done.' });
    const { run, turn } = await fixture.begin();
    await awayAtFirst('DELETE');
    const stop = new AbortController();
    await expect(run(new BrokenOff(stop), stop.signal)).rejects.toThrow('broken off');
    expect(await tries()).toBe(2);
    expect(fixture.tools.called).toEqual([]);
    expect((await stepsOf(turn.id)).map(({ kind }) => kind)).toEqual(['model']);
  });

  it('with a known outcome stays a step', async () => {
    const { turn, lease } = await fixture.begin();
    const step = {
      turnId: turn.id,
      index: 1,
      kind: 'tool' as const,
      name: 'pay',
      requestDigest: 'digest',
      result: { callId: '1', output: 'paid' },
      error: null,
      inputTokens: 0,
      outputTokens: 0,
      startedAt: new Date(),
    };
    await fixture.agent.steps.add(lease, step);
    await fixture.agent.steps.takeBack(lease, step);
    expect(await stepsOf(turn.id)).toHaveLength(1);
    await fixture.agent.room.prisma.step.updateMany({
      where: { turnId: turn.id },
      data: { error: TOOL_OUTCOME_UNKNOWN },
    });
    await fixture.agent.steps.takeBack(lease, step);
    expect(await stepsOf(turn.id)).toHaveLength(0);
  });
});

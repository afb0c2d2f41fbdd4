import { IsString } from 'class-validator';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import type { Answer } from '../../../../test/support/scripted-model.js';
import { GiveUpError, LeaseLostError } from '../../../platform/errors/errors.js';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import { Stopping } from '../../../platform/runtime/stopping.js';
import { type NewStep, StepRepository } from '../../turns/step.repository.js';
import type { ToolContext } from '../../tools/tool-context.js';
import { Tool } from '../../tools/tool.decorator.js';
import { TOOL_OUTCOME_UNKNOWN } from '../../tools/unknown-outcome.js';
import { openLoopFixture } from './loop.fixture.js';

class Payment {
  @IsString()
  to: string;
}

/** Pays at once, except `slow`, whom it pays after a release, and `nobody`, whom it refuses to pay. */
class Bank {
  readonly paid: string[] = [];
  readonly noted: string[] = [];
  whenEntered: (context: ToolContext) => Promise<void> = () => Promise.resolve();
  goOn: () => void = () => undefined;

  @Tool({ name: 'pay', description: 'Pays.', parameters: Payment, repeatable: false })
  async pay({ to }: Payment, context: ToolContext): Promise<string> {
    this.paid.push(to);
    await this.whenEntered(context);
    if (to === 'nobody') throw new GiveUpError('NOBODY', 'There is nobody of that name.');
    if (to === 'slow') await new Promise<void>((resolve) => (this.goOn = resolve));
    return `paid ${to}`;
  }

  @Tool({ name: 'note', description: 'Notes.', parameters: Payment })
  note({ to }: Payment): string {
    this.noted.push(to);
    return `noted ${to}`;
  }
}

const fixture = openLoopFixture(Bank);
const { begin } = fixture;

beforeEach(() => {
  fixture.tools.paid.length = 0;
  fixture.tools.noted.length = 0;
  fixture.tools.whenEntered = () => Promise.resolve();
});

const calls = (...names: string[]): Answer => ({
  calls: names.map((call) => {
    const [name = '', to = ''] = call.split(' ');
    return { name, arguments: { to } };
  }),
});

/** The tool steps of the turn in the database. */
const stepsOf = (turnId: string) =>
  fixture.agent.room.prisma.step.findMany({ where: { turnId, kind: 'tool' }, orderBy: { index: 'asc' } });
/** The tool results in the last request. */
const toolResults = () => fixture.shown().flatMap(({ role, content }) => (role === 'tool' ? [content] : []));
const unknown = expect.stringMatching(/outcome of this call is unknown.*pay was begun/);

/** A process that dies at one of the writes. */
class BreakingSteps extends StepRepository {
  constructor(private readonly breaking: { readonly [write in 'add' | 'settle']?: Breaking }) {
    super(fixture.agent.room.prisma, fixture.agent.room.leases, fixture.agent.prices);
  }

  override async add(lease: Lease, step: NewStep): Promise<void> {
    if (step.kind === 'model') return await super.add(lease, step);
    await (this.breaking.add ?? unbroken)(() => super.add(lease, step));
  }

  override async recordResult(lease: Lease, step: NewStep): Promise<void> {
    await (this.breaking.settle ?? unbroken)(() => super.recordResult(lease, step));
  }
}

type Breaking = (write: () => Promise<void>) => Promise<void>;
const unbroken: Breaking = (write) => write();
const dies = (): never => {
  throw new GiveUpError('KILLED', 'the process died');
};
const diesBefore: Breaking = () => Promise.resolve().then(dies);
const diesAfter: Breaking = (write) => write().then(dies);

describe('a tool that is not repeatable', () => {
  it('is recorded as begun before its method is entered, and as done after it', async () => {
    fixture.agent.model.script(fixture.word, calls('pay Ada'), { text: 'Done.' });
    const { run, turn } = await begin();
    let whenEntered: unknown = null;
    fixture.tools.whenEntered = async () => void (whenEntered = await stepsOf(turn.id));
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(whenEntered).toMatchObject([{ index: 1, name: 'pay', error: TOOL_OUTCOME_UNKNOWN }]);
    expect(await stepsOf(turn.id)).toMatchObject([{ index: 1, error: null, result: { output: 'paid Ada' } }]);
    expect(toolResults()).toEqual(['paid Ada']);
  });

  it('is not called again after its process died in it; the model learns that its outcome is unknown', async () => {
    fixture.agent.model.script(fixture.word, calls('pay Ada'), { text: 'I do not know.' });
    const { run, turn } = await begin();
    await expect(run(new BreakingSteps({ settle: diesBefore }))).rejects.toThrow('died');
    expect(await run()).toMatchObject({ text: 'I do not know.', errorCode: null });
    expect(fixture.tools.paid).toEqual(['Ada']);
    expect(toolResults()).toEqual([unknown]);
    expect(await stepsOf(turn.id)).toMatchObject([{ error: TOOL_OUTCOME_UNKNOWN }]);
  });

  it('records nothing for a worker that lost its lease during the call', async () => {
    fixture.agent.model.script(fixture.word, calls('pay slow'), { text: 'I do not know.' });
    const { run, turn } = await begin();
    const first = expect(run()).rejects.toBeInstanceOf(LeaseLostError);
    await eventually(() => expect(fixture.tools.paid).toHaveLength(1));
    const next = await fixture.agent.room.takeOver(fixture.conversation.id);
    expect(await run(fixture.agent.steps, undefined, next)).toMatchObject({ text: 'I do not know.' });
    fixture.tools.goOn();
    await first;
    expect(fixture.tools.paid).toEqual(['slow']);
    expect(await stepsOf(turn.id)).toMatchObject([{ error: TOOL_OUTCOME_UNKNOWN }]);
  });

  it('leaves only begun calls of an answer in doubt', async () => {
    fixture.agent.model.script(fixture.word, calls('pay Ada', 'pay slow', 'note this', 'pay Bob'), {
      text: 'Partly.',
    });
    const { run, turn } = await begin();
    const stop = new AbortController();
    const first = expect(run(fixture.agent.steps, stop.signal)).rejects.toThrow('interrupted');
    // The three that end are recorded; the fourth hangs in its method.
    await eventually(async () => {
      expect(fixture.tools.paid).toHaveLength(3);
      const done = (await stepsOf(turn.id)).filter(({ error }) => error === null);
      expect(done).toHaveLength(3);
    });
    stop.abort(new Error('interrupted'));
    await first;
    await fixture.agent.room.prisma.step.delete({ where: { turnId_index: { turnId: turn.id, index: 3 } } });
    expect(await run()).toMatchObject({ text: 'Partly.' });
    expect(fixture.tools.paid.toSorted()).toEqual(['Ada', 'Bob', 'slow']);
    expect(fixture.tools.noted).toEqual(['this', 'this']);
    expect(toolResults()).toEqual(['paid Ada', unknown, 'noted this', 'paid Bob']);
  });

  it('is called once, even if the database’s answer to its begin mark was lost', async () => {
    fixture.agent.model.script(fixture.word, calls('pay Ada'), { text: 'Done.' });
    const { run, turn } = await begin();
    let failures = 0;
    const add: Breaking = async (write) => {
      await write();
      if (failures++ === 0) throw new Error('connection terminated unexpectedly');
    };
    expect(await run(new BreakingSteps({ add }))).toMatchObject({ text: 'Done.' });
    expect(fixture.tools.paid).toEqual(['Ada']);
    expect(await stepsOf(turn.id)).toMatchObject([{ error: null }]);
  });

  it('is never called if the process died behind its begin mark', async () => {
    fixture.agent.model.script(fixture.word, calls('pay Ada'), { text: 'I do not know.' });
    const { run } = await begin();
    await expect(run(new BreakingSteps({ add: diesAfter }))).rejects.toThrow('died');
    expect(await run()).toMatchObject({ text: 'I do not know.' });
    expect(fixture.tools.paid).toEqual([]);
    expect(toolResults()).toEqual([unknown]);
  });

  it('is called by the next try if its begin mark could not be written', async () => {
    fixture.agent.model.script(fixture.word, calls('pay Ada'), { text: 'Done.' });
    const { run } = await begin();
    await expect(run(new BreakingSteps({ add: diesBefore }))).rejects.toThrow('died');
    expect(fixture.tools.paid).toEqual([]);
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(fixture.tools.paid).toEqual(['Ada']);
    expect(toolResults()).toEqual(['paid Ada']);
  });

  it('is called by the next try if the turn was aborted before the method was entered', async () => {
    fixture.agent.model.script(fixture.word, calls('pay Ada'), { text: 'Done.' });
    const { run, turn } = await begin();
    const stop = new AbortController();
    const add: Breaking = async (write) => {
      await write();
      stop.abort(new Error('broken off'));
    };
    await expect(run(new BreakingSteps({ add }), stop.signal)).rejects.toThrow('broken off');
    expect(fixture.tools.paid).toEqual([]);
    expect(await stepsOf(turn.id)).toEqual([]);
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(fixture.tools.paid).toEqual(['Ada']);
    expect(toolResults()).toEqual(['paid Ada']);
  });

  it('has a known outcome if it refuses, or if we refuse to call it', async () => {
    fixture.agent.model.script(
      fixture.word,
      {
        calls: [
          { name: 'pay', arguments: { to: 'nobody' } },
          { name: 'pay', arguments: {} },
        ],
      },
      { text: 'No.' },
    );
    const { run, turn } = await begin();
    expect(await run()).toMatchObject({ text: 'No.' });
    expect((await stepsOf(turn.id)).map(({ error }) => error)).toEqual(['NOBODY', 'TOOL_ARGUMENTS_INVALID']);
    expect(fixture.tools.paid).toEqual(['nobody']);
  });

  it('is in doubt after a hand-back on SIGTERM in the middle of its call', async () => {
    fixture.agent.model.script(fixture.word, calls('pay slow'), { text: 'I do not know.' });
    await fixture.agent.room.event(fixture.conversation, fixture.word);
    const stopping = new Stopping();
    const first = fixture.agent.runner(stopping).run(fixture.conversation.id);
    await eventually(() => expect(fixture.tools.paid).toHaveLength(1));
    stopping.onModuleDestroy();
    await stopping.beforeApplicationShutdown();
    expect(await first).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await fixture.agent.runner().run(fixture.conversation.id)).toMatchObject({ replied: true });
    expect(fixture.tools.paid).toEqual(['slow']);
    expect(toolResults()).toEqual([unknown]);
  });
});

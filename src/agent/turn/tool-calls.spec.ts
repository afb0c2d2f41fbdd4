import { IsString } from 'class-validator';
import { beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import type { Answer } from '../../../test/support/scripted-model.js';
import { GiveUpError, LeaseLostError } from '../../errors/errors.js';
import type { Lease } from '../../lease/lease.repository.js';
import { Stopping } from '../../runtime/stopping.js';
import { type NewStep, StepRepository } from './step.repository.js';
import type { ToolContext } from '../tools/tool-context.js';
import { Tool } from '../tools/tool.decorator.js';
import { TOOL_OUTCOME_UNKNOWN } from '../tools/unknown-outcome.js';
import { openLoopScene } from './loop-scene.spec-support.js';

class Payment {
  @IsString()
  to: string;
}

/** Pays at once, but for `slow`, whom it pays when it is told to go on, and `nobody`, whom it refuses to pay. */
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

const scene = openLoopScene(Bank);
const { begin } = scene;

beforeEach(() => {
  scene.tools.paid.length = 0;
  scene.tools.noted.length = 0;
  scene.tools.whenEntered = () => Promise.resolve();
});

const calls = (...names: string[]): Answer => ({
  calls: names.map((call) => {
    const [name = '', to = ''] = call.split(' ');
    return { name, arguments: { to } };
  }),
});

/** The tool steps of the turn as they stand in the database. */
const stepsOf = (turnId: string) =>
  scene.agent.room.prisma.step.findMany({ where: { turnId, kind: 'tool' }, orderBy: { index: 'asc' } });
/** What the model was told of its calls, in the last request. */
const told = () => scene.shown().flatMap(({ role, content }) => (role === 'tool' ? [content] : []));
const unknown = expect.stringMatching(/outcome of this call is unknown.*pay was begun/);

/** A process that meets its end at one of the writes. */
class BreakingSteps extends StepRepository {
  constructor(private readonly breaking: { readonly [write in 'add' | 'settle']?: Breaking }) {
    super(scene.agent.room.prisma, scene.agent.room.leases, scene.agent.prices);
  }

  override async add(lease: Lease, step: NewStep): Promise<void> {
    if (step.kind === 'model') return await super.add(lease, step);
    await (this.breaking.add ?? unbroken)(() => super.add(lease, step));
  }

  override async settle(lease: Lease, step: NewStep): Promise<void> {
    await (this.breaking.settle ?? unbroken)(() => super.settle(lease, step));
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
    scene.agent.model.script(scene.word, calls('pay Ada'), { text: 'Done.' });
    const { run, turn } = await begin();
    let whenEntered: unknown = null;
    scene.tools.whenEntered = async () => void (whenEntered = await stepsOf(turn.id));
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(whenEntered).toMatchObject([{ index: 1, name: 'pay', error: TOOL_OUTCOME_UNKNOWN }]);
    expect(await stepsOf(turn.id)).toMatchObject([{ index: 1, error: null, result: { output: 'paid Ada' } }]);
    expect(told()).toEqual(['paid Ada']);
  });

  it('is not called again by whoever takes over from a process that died in it; the model is told', async () => {
    scene.agent.model.script(scene.word, calls('pay Ada'), { text: 'I do not know.' });
    const { run, turn } = await begin();
    await expect(run(new BreakingSteps({ settle: diesBefore }))).rejects.toThrow('died');
    expect(await run()).toMatchObject({ text: 'I do not know.', errorCode: null });
    expect(scene.tools.paid).toEqual(['Ada']);
    expect(told()).toEqual([unknown]);
    expect(await stepsOf(turn.id)).toMatchObject([{ error: TOOL_OUTCOME_UNKNOWN }]);
  });

  it('settles nothing for a worker that lost its lease while it was called', async () => {
    scene.agent.model.script(scene.word, calls('pay slow'), { text: 'I do not know.' });
    const { run, turn } = await begin();
    const first = expect(run()).rejects.toBeInstanceOf(LeaseLostError);
    await eventually(() => expect(scene.tools.paid).toHaveLength(1));
    const next = await scene.agent.room.takeOver(scene.conversation.id);
    expect(await run(scene.agent.steps, undefined, next)).toMatchObject({ text: 'I do not know.' });
    scene.tools.goOn();
    await first;
    expect(scene.tools.paid).toEqual(['slow']);
    expect(await stepsOf(turn.id)).toMatchObject([{ error: TOOL_OUTCOME_UNKNOWN }]);
  });

  it('of several calls of one answer, leaves in doubt only those that had begun', async () => {
    scene.agent.model.script(scene.word, calls('pay Ada', 'pay slow', 'note this', 'pay Bob'), {
      text: 'Partly.',
    });
    const { run, turn } = await begin();
    const stop = new AbortController();
    const first = expect(run(scene.agent.steps, stop.signal)).rejects.toThrow('interrupted');
    // The three that end are recorded; the fourth hangs, in its method.
    await eventually(async () => {
      expect(scene.tools.paid).toHaveLength(3);
      const done = (await stepsOf(turn.id)).filter(({ error }) => error === null);
      expect(done).toHaveLength(3);
    });
    stop.abort(new Error('interrupted'));
    await first;
    await scene.agent.room.prisma.step.delete({ where: { turnId_index: { turnId: turn.id, index: 3 } } });
    expect(await run()).toMatchObject({ text: 'Partly.' });
    expect(scene.tools.paid.toSorted()).toEqual(['Ada', 'Bob', 'slow']);
    expect(scene.tools.noted).toEqual(['this', 'this']);
    expect(told()).toEqual(['paid Ada', unknown, 'noted this', 'paid Bob']);
  });

  it('is called once though the answer to its begin mark was lost', async () => {
    scene.agent.model.script(scene.word, calls('pay Ada'), { text: 'Done.' });
    const { run, turn } = await begin();
    let failures = 0;
    const add: Breaking = async (write) => {
      await write();
      if (failures++ === 0) throw new Error('connection terminated unexpectedly');
    };
    expect(await run(new BreakingSteps({ add }))).toMatchObject({ text: 'Done.' });
    expect(scene.tools.paid).toEqual(['Ada']);
    expect(await stepsOf(turn.id)).toMatchObject([{ error: null }]);
  });

  it('is not called where the process died behind its begin mark, then or later', async () => {
    scene.agent.model.script(scene.word, calls('pay Ada'), { text: 'I do not know.' });
    const { run } = await begin();
    await expect(run(new BreakingSteps({ add: diesAfter }))).rejects.toThrow('died');
    expect(await run()).toMatchObject({ text: 'I do not know.' });
    expect(scene.tools.paid).toEqual([]);
    expect(told()).toEqual([unknown]);
  });

  it('is called by the next try where its begin mark could not be written', async () => {
    scene.agent.model.script(scene.word, calls('pay Ada'), { text: 'Done.' });
    const { run } = await begin();
    await expect(run(new BreakingSteps({ add: diesBefore }))).rejects.toThrow('died');
    expect(scene.tools.paid).toEqual([]);
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(scene.tools.paid).toEqual(['Ada']);
    expect(told()).toEqual(['paid Ada']);
  });

  it('is called by the next try where the turn was broken off before the method was entered', async () => {
    scene.agent.model.script(scene.word, calls('pay Ada'), { text: 'Done.' });
    const { run, turn } = await begin();
    const stop = new AbortController();
    const add: Breaking = async (write) => {
      await write();
      stop.abort(new Error('broken off'));
    };
    await expect(run(new BreakingSteps({ add }), stop.signal)).rejects.toThrow('broken off');
    expect(scene.tools.paid).toEqual([]);
    expect(await stepsOf(turn.id)).toEqual([]);
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(scene.tools.paid).toEqual(['Ada']);
    expect(told()).toEqual(['paid Ada']);
  });

  it('that refuses, or is not called for a reason of ours, has a known outcome', async () => {
    scene.agent.model.script(
      scene.word,
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
    expect(scene.tools.paid).toEqual(['nobody']);
  });

  it('is in doubt after a hand-back on SIGTERM in the middle of it', async () => {
    scene.agent.model.script(scene.word, calls('pay slow'), { text: 'I do not know.' });
    await scene.agent.room.event(scene.conversation, scene.word);
    const stopping = new Stopping();
    const first = scene.agent.runner(stopping).run(scene.conversation.id);
    await eventually(() => expect(scene.tools.paid).toHaveLength(1));
    stopping.onModuleDestroy();
    await stopping.beforeApplicationShutdown();
    expect(await first).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await scene.agent.runner().run(scene.conversation.id)).toMatchObject({ replied: true });
    expect(scene.tools.paid).toEqual(['slow']);
    expect(told()).toEqual([unknown]);
  });
});

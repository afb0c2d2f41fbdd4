import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { IsString } from 'class-validator';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { eventually } from '../../../test/support/eventually.js';
import { aCaller } from '../../../test/support/model-client.js';
import type { Answer } from '../../../test/support/scripted-model.js';
import { GiveUpError, LeaseLostError } from '../../errors/errors.js';
import type { Conversation } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { type NewStep, StepRepository } from './step.repository.js';
import { en } from '../../texts/en.js';
import type { ToolContext } from '../tools/tool-context.js';
import { silent } from '../live/live-reply.js';
import { Tool } from '../tools/tool.decorator.js';

class Label {
  @IsString()
  label: string;
}

/** Remembers how it was called; `slow` waits until it is told to go on. */
class Recorder {
  readonly marks: string[] = [];
  readonly keys: string[] = [];
  waiting = 0;
  goOn: () => void = () => undefined;

  @Tool({ name: 'mark', description: 'Marks.', parameters: Label })
  mark({ label }: Label, { idempotencyKey }: ToolContext): string {
    this.marks.push(label);
    this.keys.push(idempotencyKey);
    return `marked ${label}`;
  }

  @Tool({ name: 'slow', description: 'Waits.', parameters: Label })
  async slow({ label }: Label): Promise<string> {
    this.marks.push(label);
    this.waiting += 1;
    await new Promise<void>((resolve) => (this.goOn = resolve));
    return 'waited';
  }
}

let agent: AgentRoom;
let recorder: Recorder;
let conversation: Conversation;
let word: string;
let words = 0;

beforeAll(async () => {
  agent = await AgentRoom.open({ tools: [Recorder] });
  recorder = agent.tool(Recorder);
});
afterAll(() => agent.close());

beforeEach(async () => {
  conversation = await agent.room.conversation();
  words += 1;
  word = `word-${words}.`;
  recorder.marks.length = 0;
  recorder.keys.length = 0;
  recorder.waiting = 0;
});

const never = new AbortController().signal;
/** Nobody joins. */
const newcomers = () => Promise.resolve(null);
const mark = (...labels: string[]): Answer => ({
  calls: labels.map((label) => ({ name: 'mark', arguments: { label } })),
});
const asked = () => agent.model.callsAbout(word);
/** The last request, without the system prompt. */
const shown = () => (asked().at(-1)?.messages ?? []).filter(({ role }) => role !== 'system');

async function begin() {
  const { lease, turn } = await agent.begin(conversation, word);
  const context = agent.contextOf(word);
  const run = (steps = agent.steps, signal = never, held = lease) =>
    agent.loop(steps).run({
      turn,
      lease: held,
      context,
      caller: aCaller,
      tools: { sender: null, languageCode: null },
      signal,
      newcomers,
      conversation,
      live: silent,
    });
  return { turn, lease, run };
}

/** Loses its process right before or right after its nth step is committed. */
class MortalSteps extends StepRepository {
  constructor(
    private left: number,
    private readonly dies: 'before' | 'after',
  ) {
    super(agent.room.prisma, agent.room.leases, agent.prices);
  }

  override async add(lease: Lease, step: NewStep): Promise<void> {
    this.left -= 1;
    if (this.left < 0 && this.dies === 'before') throw new GiveUpError('KILLED', 'the process died');
    await super.add(lease, step);
    if (this.left <= 0 && this.dies === 'after') throw new GiveUpError('KILLED', 'the process died');
  }
}

describe('AgentLoop', () => {
  it('answers with what the model says, and keeps the call as a step', async () => {
    agent.model.script(word, { text: '  Fine.  ' });
    const { run, turn } = await begin();
    expect(await run()).toEqual({
      text: 'Fine.',
      errorCode: null,
      model: 'double',
    });
    const steps = [...(await agent.steps.of(turn.id)).values()];
    expect(steps).toMatchObject([
      { index: 0, kind: 'model', name: 'double', inputTokens: 10, outputTokens: 5, error: null },
    ]);
  });

  it('gives the model each result beside its call, in the order of the calls', async () => {
    agent.model.script(word, mark('a', 'b'), mark('c'), { text: 'Done.' });
    const { run, turn } = await begin();
    expect(await run()).toMatchObject({ text: 'Done.' });
    const last = shown();
    expect(last.map(({ role, content }) => [role, content])).toEqual([
      ['user', word],
      ['assistant', null],
      ['tool', 'marked a'],
      ['tool', 'marked b'],
      ['assistant', null],
      ['tool', 'marked c'],
    ]);
    expect(last[2]?.tool_call_id).toBe(last[1]?.tool_calls?.[0]?.id);
    expect(last[3]?.tool_call_id).toBe(last[1]?.tool_calls?.[1]?.id);
    expect(
      [...(await agent.steps.of(turn.id)).values()].map(({ index, kind, name }) => [index, kind, name]),
    ).toEqual([
      [0, 'model', 'double'],
      [1, 'tool', 'mark'],
      [2, 'tool', 'mark'],
      [3, 'model', 'double'],
      [4, 'tool', 'mark'],
      [5, 'model', 'double'],
    ]);
    expect(recorder.keys).toEqual([`${turn.id}:1`, `${turn.id}:2`, `${turn.id}:4`]);
  });

  it('begun again after the process died behind any of its checkpoints, calls neither model nor tool twice', async () => {
    for (let steps = 1; steps <= 6; steps += 1) {
      word = `word-${(words += 1)}.`;
      conversation = await agent.room.conversation();
      recorder.marks.length = 0;
      agent.model.script(word, mark('a', 'b'), mark('c'), { text: 'Done.' });
      const { run, lease } = await begin();
      await expect(run(new MortalSteps(steps, 'after')), `after step ${steps}`).rejects.toThrow('died');
      expect(await run(), `after step ${steps}`).toMatchObject({ text: 'Done.' });
      expect(asked(), `after step ${steps}`).toHaveLength(3);
      // Parallel calls: the other one may have run, and its checkpoint failed with the process.
      expect(new Set(recorder.marks)).toEqual(new Set(['a', 'b', 'c']));
      if (steps !== 2) expect(recorder.marks, `after step ${steps}`).toHaveLength(3);
      await agent.room.leases.release(lease);
    }
  });

  it('repeats at most the call whose end was not yet written down', async () => {
    for (let steps = 0; steps < 5; steps += 1) {
      word = `word-${(words += 1)}.`;
      conversation = await agent.room.conversation();
      recorder.marks.length = 0;
      agent.model.script(word, mark('a'), mark('b'), { text: 'Done.' });
      const { run, turn } = await begin();
      await expect(run(new MortalSteps(steps, 'before'))).rejects.toThrow('died');
      // What was asked for is gone with the process: the model is asked anew, and says the same in the same place.
      const committed = (await agent.steps.of(turn.id)).size;
      expect(committed).toBe(steps);
      const before = { asked: asked().length, marks: recorder.marks.length };
      agent.model.script(word, ...[mark('a'), mark('b'), { text: 'Done.' }].slice(Math.ceil(committed / 2)));
      expect(await run()).toMatchObject({ text: 'Done.' });
      expect((await agent.steps.of(turn.id)).size).toBe(5);
      expect(asked().length - before.asked).toBe(3 - Math.ceil(committed / 2));
      expect(recorder.marks.length - before.marks).toBe(2 - Math.floor(committed / 2));
    }
  });

  it('calls of several tools only the one whose result is missing', async () => {
    agent.model.script(word, mark('a', 'b', 'c'), { text: 'Done.' });
    const { run, turn } = await begin();
    await run();
    await agent.room.prisma.step.deleteMany({ where: { turnId: turn.id, index: { in: [2, 4] } } });
    recorder.marks.length = 0;
    expect(await run()).toMatchObject({ text: 'Done.' });
    expect(recorder.marks).toEqual(['b']);
    expect(shown().map(({ content }) => content)).toEqual([word, null, 'marked a', 'marked b', 'marked c']);
  });

  it('tells the model what went wrong with a tool, and goes on', async () => {
    agent.model.script(
      word,
      {
        calls: [
          { name: 'no_such_tool', arguments: {} },
          { name: 'mark', arguments: '{not json' },
          { name: 'mark', arguments: {} },
        ],
      },
      { text: 'Sorry.' },
    );
    const { run, turn } = await begin();
    expect(await run()).toMatchObject({ text: 'Sorry.', errorCode: null });
    const steps = [...(await agent.steps.of(turn.id)).values()].filter(({ kind }) => kind === 'tool');
    expect(steps.map(({ error }) => error)).toEqual([
      'TOOL_UNKNOWN',
      'TOOL_ARGUMENTS_INVALID',
      'TOOL_ARGUMENTS_INVALID',
    ]);
    expect(shown()[2]?.content).toContain('no_such_tool');
  });

  it('asks for an answer without tools when one call is left, and stops after it', async () => {
    agent.model.script(word, ...Array.from({ length: 100 }, (_, index) => mark(`again ${index}`)));
    const { run } = await begin();
    expect(await run()).toMatchObject({ text: en.stepsExhausted, errorCode: 'STEPS_EXHAUSTED' });
    expect(asked()).toHaveLength(agent.settings.maxSteps);
    expect(asked().map(({ toolChoice }) => toolChoice)).toEqual([
      ...Array.from({ length: agent.settings.maxSteps - 1 }, () => null),
      'none',
    ]);
    expect(recorder.marks).toHaveLength(agent.settings.maxSteps - 1);
  });

  it('asks once more after an empty answer, and says so after the second', async () => {
    agent.model.script(word, { text: '' }, { text: ' \n ' }, { text: 'never asked' });
    const { run, turn } = await begin();
    expect(await run()).toMatchObject({ text: en.empty, errorCode: 'MODEL_EMPTY' });
    expect((await agent.steps.of(turn.id)).size).toBe(2);
    expect(await run()).toMatchObject({ errorCode: 'MODEL_EMPTY' });
    expect(asked()).toHaveLength(2);
  });

  it('takes the answer that follows an empty one', async () => {
    agent.model.script(word, { text: null }, { text: 'Here.' });
    expect(await (await begin()).run()).toMatchObject({ text: 'Here.', errorCode: null });
  });

  it.each<[string, Answer, object]>([
    [
      'a refusal is passed on',
      { text: null, refusal: 'I will not.' },
      { text: 'I will not.', errorCode: 'MODEL_REFUSED' },
    ],
    [
      'a cut answer says that it is cut',
      { text: 'Half', finish: 'length' },
      { text: `Half\n\n${en.cutOff}`, errorCode: 'MODEL_LENGTH' },
    ],
    [
      'a filtered answer is explained',
      { text: null, finish: 'content_filter' },
      { text: en.filtered, errorCode: 'MODEL_CONTENT_FILTER' },
    ],
    [
      'nothing of a half-filtered answer is shown',
      { text: 'Half', finish: 'content_filter' },
      { text: en.filtered, errorCode: 'MODEL_CONTENT_FILTER' },
    ],
  ])('%s', async (_name, answer, end) => {
    agent.model.script(word, answer);
    expect(await (await begin()).run()).toMatchObject(end);
  });

  it('keeps of an endless answer what a chat can take', async () => {
    agent.model.script(word, { text: '😀'.repeat(100_000) });
    const end = await (await begin()).run();
    expect(end.errorCode).toBe('MODEL_LENGTH');
    expect(end.text.length).toBeLessThan(101_000);
    expect(end.text.isWellFormed()).toBe(true);
  });

  it('stores a tool name and an answer that PostgreSQL could not take as they came', async () => {
    agent.model.script(
      word,
      { calls: [{ name: `x\u0000${'y'.repeat(100)}`, arguments: '"\u0000\ud800"' }] },
      { text: 'a\u0000b\ud800' },
    );
    const { run } = await begin();
    expect(await run()).toMatchObject({ text: 'ab\ufffd' });
    expect(await run()).toMatchObject({ text: 'ab\ufffd' });
  });

  it('commits nothing of a tool that ends after the lease was lost', async () => {
    agent.model.script(
      word,
      { calls: [{ name: 'slow', arguments: { label: 'x' } }] },
      { text: 'never asked' },
    );
    const { run, turn } = await begin();
    const outcome = expect(run()).rejects.toBeInstanceOf(LeaseLostError);
    await eventually(() => expect(recorder.waiting).toBe(1));
    const next = await agent.room.takeOver(conversation.id);
    recorder.goOn();
    await outcome;
    expect((await agent.steps.of(turn.id)).size).toBe(1);
    // The new holder calls it again, with the same key.
    const again = run(agent.steps, never, next);
    await eventually(() => expect(recorder.waiting).toBe(2));
    recorder.goOn();
    await again;
    expect(asked()).toHaveLength(2);
  });

  it('ends with the reason of its signal, and leaves the steps that are there', async () => {
    agent.model.script(word, mark('a'), { fault: 'hang' });
    const { run, turn } = await begin();
    const stop = new AbortController();
    const outcome = expect(run(agent.steps, stop.signal)).rejects.toThrow('that is enough');
    await eventually(() => expect(asked()).toHaveLength(2));
    stop.abort(new Error('that is enough'));
    await outcome;
    expect((await agent.steps.of(turn.id)).size).toBe(2);
    await eventually(() => expect(asked().at(-1)?.abandoned).toBe(true));
  });
});

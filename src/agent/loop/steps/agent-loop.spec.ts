import { beforeEach, describe, expect, it } from 'vitest';
import type { Answer } from '../../../../test/support/scripted-model.js';
import { en } from '../../../platform/i18n/en.js';
import { openLoopFixture } from './loop.fixture.js';
import { mark, Recorder } from './recorder.fixture.js';

const fixture = openLoopFixture(Recorder);
const { asked, begin, shown } = fixture;

beforeEach(() => fixture.tools.forget());

describe('AgentLoop', () => {
  it('returns the model’s answer, and keeps the call as a step', async () => {
    fixture.agent.model.script(fixture.word, { text: '  Fine.  ' });
    const { run, turn } = await begin();
    expect(await run()).toEqual({
      text: 'Fine.',
      errorCode: null,
      model: 'double',
    });
    const steps = [...(await fixture.agent.steps.findByTurn(turn.id)).values()];
    expect(steps).toMatchObject([
      { index: 0, kind: 'model', name: 'double', inputTokens: 10, outputTokens: 5, error: null },
    ]);
  });

  it('gives the model each result beside its call, in the order of the calls', async () => {
    fixture.agent.model.script(fixture.word, mark('a', 'b'), mark('c'), { text: 'Done.' });
    const { run, turn } = await begin();
    expect(await run()).toMatchObject({ text: 'Done.' });
    const last = shown();
    expect(last.map(({ role, content }) => [role, content])).toEqual([
      ['user', fixture.word],
      ['assistant', null],
      ['tool', 'marked a'],
      ['tool', 'marked b'],
      ['assistant', null],
      ['tool', 'marked c'],
    ]);
    expect(last[2]?.tool_call_id).toBe(last[1]?.tool_calls?.[0]?.id);
    expect(last[3]?.tool_call_id).toBe(last[1]?.tool_calls?.[1]?.id);
    expect(
      [...(await fixture.agent.steps.findByTurn(turn.id)).values()].map(({ index, kind, name }) => [
        index,
        kind,
        name,
      ]),
    ).toEqual([
      [0, 'model', 'double'],
      [1, 'tool', 'mark'],
      [2, 'tool', 'mark'],
      [3, 'model', 'double'],
      [4, 'tool', 'mark'],
      [5, 'model', 'double'],
    ]);
    expect(fixture.tools.keys).toEqual([`${turn.id}:1`, `${turn.id}:2`, `${turn.id}:4`]);
  });

  it('gives the model the error of a failed tool, and goes on', async () => {
    fixture.agent.model.script(
      fixture.word,
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
    const steps = [...(await fixture.agent.steps.findByTurn(turn.id)).values()].filter(
      ({ kind }) => kind === 'tool',
    );
    expect(steps.map(({ error }) => error)).toEqual([
      'TOOL_UNKNOWN',
      'TOOL_ARGUMENTS_INVALID',
      'TOOL_ARGUMENTS_INVALID',
    ]);
    expect(shown()[2]?.content).toContain('no_such_tool');
  });

  it('asks for an answer without tools when one call is left, and stops after it', async () => {
    fixture.agent.model.script(
      fixture.word,
      ...Array.from({ length: 100 }, (_, index) => mark(`again ${index}`)),
    );
    const { run } = await begin();
    expect(await run()).toMatchObject({ text: en.stepsExhausted, errorCode: 'STEPS_EXHAUSTED' });
    expect(asked()).toHaveLength(fixture.agent.settings.maxSteps);
    expect(asked().map(({ toolChoice }) => toolChoice)).toEqual([
      ...Array.from({ length: fixture.agent.settings.maxSteps - 1 }, () => null),
      'none',
    ]);
    expect(fixture.tools.marks).toHaveLength(fixture.agent.settings.maxSteps - 1);
  });

  it('asks once more after an empty answer, and reports the second one', async () => {
    fixture.agent.model.script(fixture.word, { text: '' }, { text: ' \n ' }, { text: 'never asked' });
    const { run, turn } = await begin();
    expect(await run()).toMatchObject({ text: en.empty, errorCode: 'MODEL_EMPTY' });
    expect((await fixture.agent.steps.findByTurn(turn.id)).size).toBe(2);
    expect(await run()).toMatchObject({ errorCode: 'MODEL_EMPTY' });
    expect(asked()).toHaveLength(2);
  });

  it('uses the answer that follows an empty one', async () => {
    fixture.agent.model.script(fixture.word, { text: null }, { text: 'Here.' });
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
    fixture.agent.model.script(fixture.word, answer);
    expect(await (await begin()).run()).toMatchObject(end);
  });

  it('cuts an endless answer to what a chat can take', async () => {
    fixture.agent.model.script(fixture.word, { text: '😀'.repeat(100_000) });
    const end = await (await begin()).run();
    expect(end.errorCode).toBe('MODEL_LENGTH');
    expect(end.text?.length).toBeLessThan(101_000);
    expect(end.text?.isWellFormed()).toBe(true);
  });

  it('stores a tool name and an answer that PostgreSQL would refuse as they came', async () => {
    fixture.agent.model.script(
      fixture.word,
      { calls: [{ name: `x\u0000${'y'.repeat(100)}`, arguments: '"\u0000\ud800"' }] },
      { text: 'a\u0000b\ud800' },
    );
    const { run } = await begin();
    expect(await run()).toMatchObject({ text: 'ab\ufffd' });
    expect(await run()).toMatchObject({ text: 'ab\ufffd' });
  });
});

import { Logger } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import * as fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { Redactor } from '../../platform/errors/redactor.js';
import { hasOutsideText } from './outside-text.js';
import { ToolRegistry } from './tool-registry.js';
import { ToolRunner } from './tool-runner.js';
import { oddThrows } from '../../../test/support/odd-throws.js';
import { toolContext } from '../../../test/support/tool-context.js';
import { SECRET, SampleTools } from './misbehaving-tools.fixture.js';

describe('ToolRunner', () => {
  let runner: ToolRunner;
  let tools: SampleTools;
  const open = new AbortController().signal;
  const run = (name: string, args: string, signal = open) =>
    runner.run({ id: 'call_1', name, arguments: args }, toolContext(), signal);

  beforeAll(async () => {
    Logger.overrideLogger(false);
    const module = await Test.createTestingModule({
      imports: [DiscoveryModule],
      providers: [
        ToolRegistry,
        ToolRunner,
        { provide: Redactor, useValue: new Redactor([SECRET]) },
        SampleTools,
      ],
    }).compile();
    await module.init();
    runner = module.get(ToolRunner);
    tools = module.get(SampleTools);
  });

  it('gives the method an instance of its parameters and the context, and returns an object as JSON', async () => {
    const { output, error } = await run('echo', '{"text":"hi","inner":{"depth":2},"times":null}');
    expect(error).toBeNull();
    expect(JSON.parse(output)).toEqual({
      parameters: { text: 'hi', inner: { depth: 2 } },
      isInstance: true,
      idempotencyKey: 't1:3',
    });
  });

  it('reads absent arguments as none, and reports absent output', async () => {
    for (const args of ['', ' ', '{}']) {
      expect(await run('nothing', args)).toEqual({ output: 'Done; there is no output.', error: null });
    }
  });

  it.each(['leak', 'leak_and_throw', 'leak_and_refuse'])(
    'lets no secret of the settings pass, whatever the tool does with it: %s',
    async (name) => {
      const { output } = await run(name, '{}');
      expect(output).toContain('[redacted]');
      expect(output).not.toContain(SECRET.slice(0, 8));
    },
  );

  it('lets none pass to the chat, while the tool runs', async () => {
    const shown: unknown[] = [];
    const context = toolContext({ progress: (how) => shown.push(how) });
    await runner.run({ id: 'call_1', name: 'leak_on_the_way', arguments: '{}' }, context, open);
    expect(shown).toEqual([
      { note: 'signed in with [redacted]' },
      { done: 1, total: 2, note: '[redacted]' },
      { done: 2, total: 2 },
    ]);
  });

  it('lists the existing tools for an unknown one', async () => {
    const { output, error } = await run('sing', '{}');
    expect(error).toBe('TOOL_UNKNOWN');
    expect(output).toMatch(/no tool "sing".*bytes, cycle, echo, find_no_way, garbage/);
  });

  it.each([
    ['{"text":', 'not JSON'],
    ['[]', 'must be a JSON object'],
    ['null', 'must be a JSON object'],
    ['"text"', 'must be a JSON object'],
    ['{}', 'text must be a string'],
    ['{"text":5}', 'text must be a string'],
    ['{"text":null}', 'text must be a string'],
    ['{"text":"a","times":"3"}', 'times must be an integer'],
    ['{"text":"a","colour":1}', 'property colour should not exist'],
    ['{"text":"a","inner":{"depth":"x"}}', 'inner.depth must be an integer'],
    ['{"text":"a","inner":{"depth":1,"more":1}}', 'property inner.more should not exist'],
    [`{"text":"${'x'.repeat(100_000)}"}`, '100000 is the most'],
  ])('refuses the arguments %.40s with the reason', async (args, reason) => {
    const { output, error } = await run('say', args);
    expect(error).toBe('TOOL_ARGUMENTS_INVALID');
    expect(output).toContain(reason);
    expect(output).toContain('"required":["text"]');
  });

  it('lets no argument reach a prototype', async () => {
    const args =
      '{"text":"a","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"hasOwnProperty":1}';
    const { output } = await run('echo', args);
    expect(JSON.parse(output)).toEqual({
      parameters: { text: 'a' },
      isInstance: true,
      idempotencyKey: 't1:3',
    });
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it.each(['text', 'inner'])('survives %s nested 49,000 deep', async (field) => {
    const deep = '['.repeat(49_000) + ']'.repeat(49_000);
    const { error } = await run('echo', `{"text":"a","${field}":${deep}}`);
    expect(error).toBe('TOOL_ARGUMENTS_INVALID');
  });

  it('gives the model a tool’s error, marked and cut to a readable length', async () => {
    const { output, error } = await run('throw', '{}');
    expect(error).toBe('TOOL_FAILED');
    expect(output).toMatch(
      /^throw failed\.\nBetween the marks: the error that it reported\..*\n===.*\nno such city!+\n/,
    );
    expect(output.length).toBeLessThan(750);
  });

  it('describes an unreachable server in its own words: such an error is no text from outside', async () => {
    const { output, error } = await run('find_no_way', '{}');
    expect(error).toBe('TOOL_FAILED');
    expect(output).toMatch(/^find_no_way failed: what it needs could not be reached/);
    expect(output).not.toContain('now-call');
    expect(hasOutsideText(output)).toBe(false);
  });

  it.each(Object.keys(oddThrows))('fails for any error of a tool: %s', async (kind) => {
    expect(await run('throw_odd', JSON.stringify({ kind }))).toMatchObject({ error: 'TOOL_FAILED' });
  });

  it('fails for an uncaught error of the tool, and aborts its signal', async () => {
    const { output, error } = await run('stray', '{}');
    expect(error).toBe('TOOL_FAILED');
    expect(output).toMatch(/^stray failed\.\nBetween the marks: .*\n===.*\nno such socket\n/);
    expect(tools.signal?.aborted).toBe(true);
  });

  it('owns errors of its listeners when its time or its turn ends it', async () => {
    expect(await run('listen', '{}')).toMatchObject({ error: 'TOOL_TIMEOUT' });
    expect(String(tools.listenedFor)).toMatch(/^tool listen of turn/);
    tools.listenedFor = undefined;
    const turn = new AbortController();
    tools.started = () => turn.abort(new Error('stopped'));
    await expect(run('listen', '{}', turn.signal)).rejects.toThrow('stopped');
    expect(String(tools.listenedFor)).toMatch(/^tool listen of turn/);
  });

  it('records the code of a deliberate refusal', async () => {
    expect(await run('refuse', '{}')).toEqual({ output: 'There is no such city.', error: 'CITY_UNKNOWN' });
  });

  it('describes bytes by their number', async () => {
    const { output } = await run('bytes', '{}');
    expect(output).toBe('[50000000 bytes; there is no text]');
  }, 5_000);

  it('reports a result that is no JSON as a failure', async () => {
    expect(await run('cycle', '{}')).toMatchObject({ error: 'TOOL_FAILED' });
  });

  it('gives up a tool whose time is up, and aborts its signal', async () => {
    const { output, error } = await run('hang', '{}');
    expect(error).toBe('TOOL_TIMEOUT');
    expect(output).toContain('hang did not finish within 0.01 s');
    expect(tools.signal?.aborted).toBe(true);
  });

  it('rejects with the reason of the turn that is cancelled, before and during the call', async () => {
    const cancelled = new AbortController();
    const reason = new Error('the turn is cancelled');
    const started = new Promise<void>((resolve) => (tools.started = resolve));
    const result = run('wait', '{}', cancelled.signal);
    await started;
    cancelled.abort(reason);
    await expect(result).rejects.toBe(reason);
    await expect(run('nothing', '{}', cancelled.signal)).rejects.toBe(reason);
  });

  describe('for a tool that is not repeatable', () => {
    const marked = async (name: string, args: string, whenSet = () => Promise.resolve(), signal = open) => {
      const seen: string[] = [];
      const mark = {
        set: async () => {
          seen.push(`set, entered ${tools.entered}`);
          await whenSet();
        },
        takeBack: async () => void seen.push('taken back'),
      };
      tools.entered = 0;
      const call = { id: 'call_1', name, arguments: args };
      const outcome = await runner.run(call, toolContext(), signal, mark).catch((error: unknown) => error);
      return { seen, outcome, entered: tools.entered };
    };

    it('sets the mark before the method is entered, and for no other tool', async () => {
      const once = await marked('once', '{"text":"a"}');
      expect(once).toMatchObject({ seen: ['set, entered 0'], outcome: { output: 'entered 1' }, entered: 1 });
      expect(await marked('say', '{"text":"a"}')).toMatchObject({ seen: [], outcome: { output: 'a' } });
    });

    it('sets none when the method is not to be entered', async () => {
      for (const args of ['{}', 'no JSON']) {
        expect(await marked('once', args)).toMatchObject({ seen: [], entered: 0 });
      }
    });

    it('removes the mark when the turn ended meanwhile', async () => {
      const cancelled = new AbortController();
      const reason = new Error('the turn is cancelled');
      const whenSet = async () => cancelled.abort(reason);
      const { seen, outcome, entered } = await marked('once', '{"text":"a"}', whenSet, cancelled.signal);
      expect(seen).toEqual(['set, entered 0', 'taken back']);
      expect(outcome).toBe(reason);
      expect(entered).toBe(0);
    });

    it('does not enter the method when the mark cannot be set', async () => {
      const failure = new Error('no database');
      const { outcome, entered } = await marked('once', '{"text":"a"}', () => Promise.reject(failure));
      expect(outcome).toBe(failure);
      expect(entered).toBe(0);
    });
  });

  it('cuts a long output to the limit, names its length, and never splits a character', async () => {
    for (const text of ['x', '😀', 'a😀']) {
      const { output, error } = await run('say', JSON.stringify({ text, times: 1_000 }));
      expect(error).toBeNull();
      expect(output.length).toBeLessThanOrEqual(200);
      expect(output).toContain(`the output has ${text.length * 1_000} characters`);
      expect(output.isWellFormed()).toBe(true);
    }
  });

  it('removes characters that PostgreSQL cannot store, from input and output', async () => {
    expect((await run('garbage', '{}')).output).toBe('ab\uFFFDc');
    expect((await run('say', String.raw`{"text":"x\u0000y\ud800"}`)).output).toBe('xy\uFFFD');
  });

  it('answers any arguments with a storable text', async () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.jsonValue().map((text) => JSON.stringify({ text })),
      fc.dictionary(fc.string(), fc.jsonValue()).map((fields) => JSON.stringify(fields)),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('echo', 'say', 'nothing', '?'), anything, async (name, args) => {
        const { output } = await run(name, args);
        expect(output.isWellFormed() && !output.includes('\0') && output !== '').toBe(true);
      }),
    );
  });
});

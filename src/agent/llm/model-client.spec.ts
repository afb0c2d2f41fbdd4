import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { aCaller, modelClient, unseen } from '../../../test/support/model-client.js';
import { Room } from '../../../test/support/room.js';
import { type Answer, ScriptedModel } from '../../../test/support/scripted-model.js';
import { SteeredClock } from '../../../test/support/steered.js';
import { ModelSettings } from './model.settings.js';
import { GiveUpError, RetryLaterError } from '../../platform/errors/errors.js';
import { ContextOverflowError } from './model-error.js';

let room: Room;
let model: ScriptedModel;
let other: ScriptedModel;
let words = 0;

beforeAll(async () => {
  room = await Room.open();
  model = await ScriptedModel.start();
  other = await ScriptedModel.start();
});
afterAll(async () => {
  await model.close();
  await other.close();
  await room.close();
});

/** Every question goes to models of its own, so that no circuit exists yet. */
async function ask(
  answers: readonly Answer[],
  fallbacks: string[] = [],
  {
    signal = new AbortController().signal,
    own = null,
    ...change
  }: Partial<ModelSettings> & { signal?: AbortSignal; own?: string | null } = {},
) {
  const word = `word-${(words += 1)}.`;
  const named = (text: string) => `${text}-${words}`;
  model.script(word, ...answers);
  other.script(word, { text: 'From elsewhere.' });
  const settings = Object.assign(new ModelSettings(), {
    apiKey: 'k',
    baseUrl: model.baseUrl,
    model: named('first'),
    fallbackModels: fallbacks.map(named),
    providers: new Map([['elsewhere', other.baseUrl]]),
    providerKeys: new Map([['elsewhere', 'another-key']]),
    ...change,
  });
  const outcome = await modelClient(settings, room.prisma, new SteeredClock())
    .complete(
      { messages: [{ role: 'user', content: word }] },
      { ...aCaller, model: own === null ? null : named(own) },
      signal,
      unseen,
    )
    .catch((error: unknown) => error);
  const calls = model.callsAbout(word);
  const models = calls.map((call) => call.model.replace(`-${words}`, ''));
  return { outcome, models, calls, elsewhere: other.callsAbout(word) };
}

const completion = (change: object) =>
  JSON.stringify({
    choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: 'ok' } }],
    ...change,
  });

describe('ModelClient', () => {
  it.each<[string, Answer, typeof GiveUpError | typeof RetryLaterError, string]>([
    ['400', { status: 400 }, GiveUpError, 'MODEL_400'],
    ['401', { status: 401 }, GiveUpError, 'MODEL_401'],
    ['403', { status: 403 }, GiveUpError, 'MODEL_403'],
    ['404', { status: 404 }, GiveUpError, 'MODEL_404'],
    ['422', { status: 422 }, GiveUpError, 'MODEL_422'],
    ['408', { status: 408 }, RetryLaterError, 'MODEL_408'],
    ['409', { status: 409 }, RetryLaterError, 'MODEL_409'],
    ['429', { status: 429 }, RetryLaterError, 'MODEL_429'],
    ['429 without credit', { status: 429, code: 'insufficient_quota' }, GiveUpError, 'MODEL_QUOTA_EXHAUSTED'],
    ['500', { status: 500 }, RetryLaterError, 'MODEL_500'],
    ['503', { status: 503 }, RetryLaterError, 'MODEL_503'],
    ['a connection that is cut', { fault: 'reset' }, RetryLaterError, 'MODEL_UNREACHABLE'],
    ['what is no JSON', { raw: '<html>' }, RetryLaterError, 'MODEL_GARBLED'],
    ['JSON without choices', { raw: '{"error":"overloaded"}' }, RetryLaterError, 'MODEL_GARBLED'],
    ['an error with status 200', { raw: '{"error":{"code":502}}' }, RetryLaterError, 'MODEL_502'],
    ['a wrong key with status 200', { raw: '{"error":{"code":401}}' }, GiveUpError, 'MODEL_401'],
    ['null', { raw: 'null' }, RetryLaterError, 'MODEL_GARBLED'],
    ['choices without a message', { raw: '{"choices":[{}]}' }, RetryLaterError, 'MODEL_GARBLED'],
  ])('classifies %s', async (_name, answer, type, code) => {
    const { outcome, models } = await ask([answer]);
    expect(outcome).toBeInstanceOf(type);
    expect(outcome).toMatchObject({ code });
    expect(models).toEqual(['first']);
  });

  it('waits as long as the server asks', async () => {
    const retryAfter = async (headers: Record<string, string>) =>
      (await ask([{ status: 429, headers }])).outcome;
    expect(await retryAfter({ 'retry-after': '7' })).toMatchObject({ retryAfterMs: 7_000 });
    expect(await retryAfter({ 'retry-after-ms': '250', 'retry-after': '7' })).toMatchObject({
      retryAfterMs: 250,
    });
    expect(await retryAfter({ 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' })).toMatchObject({
      retryAfterMs: 0,
    });
    expect(await retryAfter({ 'retry-after': 'soon' })).toMatchObject({ retryAfterMs: null });
    expect(await retryAfter({})).toMatchObject({ retryAfterMs: null });
  });

  it('waits as long as the server asks by a date of its own clock', async () => {
    const headers = {
      date: 'Thu, 01 Jan 1970 01:00:00 GMT',
      'retry-after': 'Thu, 01 Jan 1970 01:00:30 GMT',
    };
    const { outcome } = await ask([{ status: 429, headers }]);
    expect(outcome).toMatchObject({ retryAfterMs: 30_000 });
  });

  it('asks the next model at once after an unavailable one, in order', async () => {
    const { outcome, models } = await ask(
      [
        { status: 401 },
        { status: 404 },
        { status: 403 },
        { status: 429, code: 'insufficient_quota' },
        { text: 'Yes.' },
      ],
      ['second', 'third', 'fourth', 'fifth'],
    );
    expect(models).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);
    expect(outcome).toMatchObject({ content: 'Yes.' });
  });

  it.each<[string, Answer]>([
    ['429', { status: 429 }],
    ['429 with a short Retry-After', { status: 429, headers: { 'retry-after-ms': '50' } }],
    ['503', { status: 503 }],
    ['a connection that is cut', { fault: 'reset' }],
    ['garbage', { raw: '<html>' }],
  ])('asks the same model once more after %s, then the next', async (_name, fault) => {
    expect((await ask([fault, { text: 'Yes.' }], ['second'])).models).toEqual(['first', 'first']);
    const { outcome, models } = await ask([fault, fault, { text: 'Yes.' }], ['second']);
    expect(models).toEqual(['first', 'first', 'second']);
    expect(outcome).toMatchObject({ content: 'Yes.' });
  });

  it('skips a model that asks for a long pause while there is another one', async () => {
    const { models } = await ask(
      [{ status: 429, headers: { 'retry-after': '3' } }, { text: 'Yes.' }],
      ['second'],
    );
    expect(models).toEqual(['first', 'second']);
  });

  it('gives up a model that does not answer in time while there is another one, and waits for the last', async () => {
    const { outcome, models } = await ask([{ fault: 'hang' }, { text: 'Yes.' }], ['second'], {
      timeoutMs: 2_000,
    });
    expect(models).toEqual(['first', 'second']);
    expect(outcome).toMatchObject({ content: 'Yes.' });
    const stop = new AbortController();
    const waiting = ask([{ fault: 'hang' }], [], { timeoutMs: 1, signal: stop.signal });
    await eventually(() => expect(model.calls.at(-1)?.news).toEqual([`word-${words}.`]));
    stop.abort(new Error('enough'));
    expect((await waiting).outcome).toMatchObject({ message: 'enough' });
  });

  it.each([
    { status: 400, code: 'unsupported_parameter' },
    { status: 400, code: 'model_not_found' },
    { status: 400, message: 'gpt-9 is not a valid model ID' },
    { status: 400, message: 'API key not valid. Please pass a valid API key.' },
  ])('asks the next model after $status $code $message, which concerns this one', async (fault) => {
    expect((await ask([fault, { text: 'Yes.' }], ['second'])).models).toEqual(['first', 'second']);
  });

  it.each([400, 422])('asks no other model with a faulty request: %i', async (status) => {
    const { outcome, models } = await ask([{ status }, { text: 'never asked' }], ['second']);
    expect(models).toEqual(['first']);
    expect(outcome).toMatchObject({ code: `MODEL_${status}` });
  });

  it.each([
    { status: 400, code: 'context_length_exceeded' },
    { status: 413 },
    {
      status: 400,
      message: "This model's maximum context length is 4096 tokens. However, you requested 5000.",
    },
    { status: 400, message: 'the request exceeds the available context size, try increasing it' },
    { status: 400, message: 'prompt is too long: 213462 tokens > 200000 maximum' },
    { status: 400, message: 'The input token count (1196265) exceeds the maximum number of tokens allowed' },
    { status: 400, message: 'Please reduce the length of the messages or completion.' },
    // As llama.cpp and OpenRouter send it when the answer has begun already.
    { raw: '{"error":{"code":400,"message":"request exceeds the available context size","type":"x"}}' },
    { raw: '{"error":{"code":"context_length_exceeded","message":"too long"}}' },
  ])('reports a request that is too long, and asks no other model: $status $code $message', async (fault) => {
    const { outcome, models } = await ask([fault, { text: 'never asked' }], ['second']);
    expect(outcome).toBeInstanceOf(ContextOverflowError);
    expect(models).toEqual(['first']);
  });

  it('treats a request that the content filter stopped as an answer that it stopped', async () => {
    for (const fallbacks of [[], ['second']]) {
      const { outcome, models } = await ask([{ status: 400, code: 'content_filter' }], fallbacks);
      expect(outcome).toMatchObject({ content: null, finishReason: 'content_filter' });
      expect(models).toEqual(['first']);
    }
  });

  it('defers the turn if any of the chain may work later', async () => {
    const { outcome } = await ask(
      [{ status: 404 }, { status: 503 }, { status: 503 }, { status: 401 }],
      ['second', 'third'],
    );
    expect(outcome).toBeInstanceOf(RetryLaterError);
    expect(outcome).toMatchObject({ code: 'MODEL_503' });
    expect((await ask([{ status: 401 }, { status: 404 }], ['second'])).outcome).toMatchObject({
      code: 'MODEL_404',
    });
  });

  it('asks another provider at its own address with its own key', async () => {
    const { outcome, models, elsewhere } = await ask([{ status: 401 }], ['elsewhere=second']);
    expect(models).toEqual(['first']);
    expect(outcome).toMatchObject({ content: 'From elsewhere.' });
    expect(elsewhere).toMatchObject([{ model: `second-${words}`, authorization: 'Bearer another-key' }]);
  });

  it('asks a conversation’s own model first, of whichever provider, then the fallbacks', async () => {
    const { models } = await ask([{ status: 404 }, { text: 'Yes.' }], ['second'], { own: 'special' });
    expect(models).toEqual(['special', 'second']);
    expect((await ask([], [], { own: 'elsewhere=special' })).elsewhere).toMatchObject([
      { model: `special-${words}` },
    ]);
    const { models: instead } = await ask([{ text: 'Yes.' }], [], { own: 'gone=special' });
    expect(instead).toEqual(['first']);
  });

  it('ends at once with the reason of its signal, and asks no other model', async () => {
    const stop = new AbortController();
    const asking = ask([{ fault: 'hang' }], ['second'], { signal: stop.signal });
    await eventually(() => expect(model.calls.at(-1)?.news).toEqual([`word-${words}.`]));
    stop.abort(new Error('the time is up'));
    const { outcome, models } = await asking;
    expect(outcome).toMatchObject({ message: 'the time is up' });
    expect(models).toEqual(['first']);
  });

  it.each([
    [
      { cached_tokens: 60, cache_write_tokens: 30 },
      { cachedTokens: 60, cacheWriteTokens: 30 },
    ],
    [
      { cached_tokens: 80, cache_write_tokens: 30 },
      { cachedTokens: 80, cacheWriteTokens: 20 },
    ],
    [{ cached_tokens: 1_000 }, { cachedTokens: 100, cacheWriteTokens: 0 }],
    [null, { cachedTokens: 0, cacheWriteTokens: 0 }],
  ])('counts cached tokens as a part of the request: %j', async (details, read) => {
    const usage = { prompt_tokens: 100, completion_tokens: 5, prompt_tokens_details: details };
    const { outcome } = await ask([{ raw: completion({ usage }) }]);
    expect(outcome).toMatchObject({ inputTokens: 100, outputTokens: 5, ...read });
  });

  it('checks every field of a server that is only nearly compatible', async () => {
    const { outcome } = await ask([
      {
        raw: completion({
          model: 7,
          usage: { prompt_tokens: 1.5, completion_tokens: 'many', total_tokens: null },
        }),
      },
    ]);
    expect(outcome).toEqual({
      content: 'ok',
      refusal: null,
      toolCalls: [],
      finishReason: 'stop',
      model: `first-${words}`,
      inputTokens: 0,
      cachedTokens: 0,
      cacheWriteTokens: 0,
      outputTokens: 0,
    });
    const message = {
      role: 'assistant',
      content: ['no', 'text'],
      tool_calls: [
        { type: 'function', id: 'a\u0000b', function: { name: 'x', arguments: '\ud800' } },
        { id: 'c', function: { name: 'y', arguments: { z: 1 } } },
      ],
    };
    expect(
      (await ask([{ raw: completion({ choices: [{ message }], usage: { prompt_tokens: 1e12 } }) }])).outcome,
    ).toMatchObject({
      content: null,
      toolCalls: [
        { id: 'ab', name: 'x', arguments: '\ufffd' },
        { id: 'c', name: 'y', arguments: '{"z":1}' },
      ],
      inputTokens: 0,
    });
  });
});

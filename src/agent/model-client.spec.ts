import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { type Answer, ScriptedModel } from '../../test/support/scripted-model.js';
import { ModelSettings } from '../config/model.settings.js';
import { GiveUpError, RetryLaterError } from '../errors/errors.js';
import { ModelClient } from './model-client.js';

let model: ScriptedModel;
let words = 0;

beforeAll(async () => {
  model = await ScriptedModel.start();
});
afterAll(() => model.close());

const never = new AbortController().signal;

async function ask(answers: readonly Answer[], fallbackModels: string[] = [], signal = never) {
  const word = `word-${(words += 1)}.`;
  model.script(word, ...answers);
  const settings = Object.assign(new ModelSettings(), {
    apiKey: 'k',
    baseUrl: model.baseUrl,
    model: 'first',
    fallbackModels,
  });
  const outcome = await new ModelClient(settings)
    .complete({ messages: [{ role: 'user', content: word }] }, signal)
    .catch((error: unknown) => error);
  return { outcome, models: model.callsAbout(word).map((call) => call.model) };
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
    ['null', { raw: 'null' }, RetryLaterError, 'MODEL_GARBLED'],
    ['choices without a message', { raw: '{"choices":[{}]}' }, RetryLaterError, 'MODEL_GARBLED'],
  ])('knows what to do about %s', async (_name, answer, type, code) => {
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

  it('asks the next model of the list when one fails, in order', async () => {
    const { outcome, models } = await ask(
      [{ status: 500 }, { status: 400 }, { text: 'From the third.' }],
      ['second', 'third'],
    );
    expect(models).toEqual(['first', 'second', 'third']);
    expect(outcome).toMatchObject({ content: 'From the third.', model: 'third' });
  });

  it('tries later if any of the list may work later', async () => {
    const { outcome } = await ask([{ status: 400 }, { status: 503 }, { status: 401 }], ['second', 'third']);
    expect(outcome).toMatchObject({ code: 'MODEL_503' });
    expect((await ask([{ status: 400 }, { status: 404 }], ['second'])).outcome).toMatchObject({
      code: 'MODEL_404',
    });
  });

  it('ends at once with the reason of its signal, and asks no other model', async () => {
    const stop = new AbortController();
    const asking = ask([{ fault: 'hang' }], ['second'], stop.signal);
    await eventually(() => expect(model.calls.at(-1)?.news).toEqual([`word-${words}.`]));
    stop.abort(new Error('the time is up'));
    const { outcome, models } = await asking;
    expect(outcome).toMatchObject({ message: 'the time is up' });
    expect(models).toEqual(['first']);
  });

  it('believes no field of a server that is compatible only nearly', async () => {
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
      model: 'first',
      inputTokens: 0,
      outputTokens: 0,
    });
    const message = {
      role: 'assistant',
      content: ['no', 'text'],
      tool_calls: [{ type: 'function', id: 'a\u0000b', function: { name: 'x', arguments: '\ud800' } }],
    };
    expect(
      (await ask([{ raw: completion({ choices: [{ message }], usage: { prompt_tokens: 1e12 } }) }])).outcome,
    ).toMatchObject({
      content: null,
      toolCalls: [{ id: 'ab', name: 'x', arguments: '\ufffd' }],
      inputTokens: 0,
    });
  });
});

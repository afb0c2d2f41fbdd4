import { Injectable, Logger } from '@nestjs/common';
import { APIConnectionTimeoutError, type APIPromise } from 'openai';
import type {
  ChatCompletion,
  ChatCompletionChunk,
  ChatCompletionCreateParamsNonStreaming,
} from 'openai/resources/chat/completions';
import { ModelSettings } from './model.settings.js';
import { StreamingSettings } from './streaming.settings.js';
import { GiveUpError, RetryLaterError, type TurnpikeError } from '../../platform/errors/errors.js';
import { type Count, Metrics } from '../../platform/observability/metrics.js';
import { pause } from '../../platform/runtime/pause.js';
import { Random } from '../../platform/runtime/random.js';
import type { ModelAnswer } from './model-answer.js';
import { type Circuit, leastBad, SHORT_PAUSE_MS } from './circuit.js';
import type { ModelCaller } from './model-caller.js';
import { type Model, ModelCatalog } from './model-catalog.js';
import { type Pass, ModelCircuits } from './model-circuits.js';
import { classifyModelError, type ModelFailure } from './model-error.js';
import { filteredAnswer, readCompletion } from './read-completion.js';
import { requestParameters } from './request-parameters.js';
import { sendableCalls } from './sendable-calls.js';
import { StreamedCompletion } from './streamed-completion.js';

/** `max_completion_tokens`: the limit by the turn's budget; each model gets it under the name that it knows. */
export type ModelRequest = Pick<
  ChatCompletionCreateParamsNonStreaming,
  'messages' | 'tools' | 'tool_choice' | 'max_completion_tokens'
>;

/** Receives the answer's text so far; an answer that starts anew begins with the empty text. */
export type ShowText = (text: string) => void;

/** The request, its parties and its signal. */
interface Question {
  readonly request: ModelRequest;
  readonly caller: ModelCaller;
  readonly signal: AbortSignal;
  readonly show: ShowText | null;
}

/** `answered`, `aborted`, and the kinds of a failure. */
const callOutcomes = ['answered', 'aborted', 'request', 'filtered', 'model', 'moment', 'slow'] as const;

/** The pause before the same model is asked once more; its upper half is random. */
const RETRY_PAUSE_MS = 500;

/** Calls an OpenAI-compatible model, and the next one of the chain if another may succeed where one fails. */
@Injectable()
export class ModelClient {
  private readonly logger = new Logger(ModelClient.name);
  private readonly countCall: Count<(typeof callOutcomes)[number]>;
  private readonly countTokens: Count<'input' | 'output'>;

  constructor(
    private readonly catalog: ModelCatalog,
    private readonly circuits: ModelCircuits,
    private readonly settings: ModelSettings,
    private readonly streaming: StreamingSettings,
    private readonly random: Random,
    metrics: Metrics,
  ) {
    const calls = 'Requests to models, by what came of them: answered, aborted, or what failed';
    this.countCall = metrics.counter('model_calls_total', calls, 'outcome', callOutcomes);
    const tokens = 'Tokens of answered requests to models, as the provider counts them';
    this.countTokens = metrics.counter('model_tokens_total', tokens, 'direction', ['input', 'output']);
  }

  /**
   * Makes one model call, streamed if `AGENT_STREAMING` is on.
   * @param show receives the text while it is written
   * @throws ContextOverflowError when the request is too long
   * @throws GiveUpError when it is faulty in another way, or when every model of the chain failed for good
   * @throws RetryLaterError when every model failed and one of them may work later
   * @throws the reason of `signal` when that was aborted
   */
  async complete(
    request: ModelRequest,
    caller: ModelCaller,
    signal: AbortSignal,
    show: ShowText,
  ): Promise<ModelAnswer> {
    const question = { request, caller, signal, show: this.streaming.enabled ? show : null };
    const chain = this.catalog.chain(caller.model);
    const failures: TurnpikeError[] = [];
    const refused: { readonly model: Model; readonly circuit: Circuit }[] = [];
    for (const [place, model] of chain.entries()) {
      const pass = chain.length === 1 ? unwatched : await this.circuits.admit(model);
      if (pass.kind === 'refused') {
        refused.push({ model, circuit: pass.circuit });
        continue;
      }
      const outcome = await this.ask(model, pass, question, place < chain.length - 1);
      if ('answer' in outcome) return outcome.answer;
      failures.push(outcome.error);
    }
    const least = failures.length === 0 ? leastBad(refused) : undefined;
    if (least) {
      const outcome = await this.ask(least.model, { kind: 'forced' }, question, false);
      if ('answer' in outcome) return outcome.answer;
      failures.push(outcome.error);
    }
    throw worthiest([...failures, ...refused.map(notAsked)]);
  }

  /** Asks one model of the chain, once more after a short pause if others follow, and reports to its circuit. */
  private async ask(
    model: Model,
    pass: Pass,
    question: Question,
    hasNext: boolean,
  ): Promise<{ answer: ModelAnswer } | { error: TurnpikeError }> {
    const timeoutMs = hasNext ? this.settings.timeoutMs : null;
    let outcome: Outcome;
    try {
      outcome = await this.call(model, question, timeoutMs);
      const pauseMs = hasNext && pass.kind === 'closed' ? this.pauseBeforeRetry(outcome) : null;
      if (pauseMs !== null) {
        await pause(pauseMs, question.signal);
        outcome = await this.call(model, question, timeoutMs);
      }
    } catch (error) {
      await this.circuits.abandoned(model, pass);
      throw error;
    }
    if ('answer' in outcome || outcome.kind === 'filtered' || outcome.kind === 'request') {
      await this.circuits.succeeded(model, pass);
      if ('answer' in outcome) return outcome;
      if (outcome.kind === 'filtered') return { answer: filteredAnswer(model.model) };
      throw outcome.error;
    }
    const { error, kind } = outcome;
    const retryAfterMs = error instanceof RetryLaterError ? error.retryAfterMs : null;
    await this.circuits.failed(model, pass, { code: error.code, lasting: kind === 'model', retryAfterMs });
    return { error };
  }

  /** Null: do not ask this model again. */
  private pauseBeforeRetry(outcome: Outcome): number | null {
    if ('answer' in outcome || outcome.kind !== 'moment') return null;
    const asked = outcome.error.retryAfterMs ?? 0;
    if (asked > SHORT_PAUSE_MS) return null;
    return Math.max(asked, RETRY_PAUSE_MS / 2 + (RETRY_PAUSE_MS / 2) * this.random.next());
  }

  /** @throws only the reason of the signal */
  private async call(
    { client, provider, model }: Model,
    { request, caller, signal, show }: Question,
    timeoutMs: number | null,
  ): Promise<Outcome> {
    signal.throwIfAborted();
    const { max_completion_tokens: atMost, ...content } = request;
    const parameters = requestParameters(model, client.baseURL, this.settings, caller, atMost);
    const limit = timeoutMs === null ? null : AbortSignal.timeout(timeoutMs);
    // Not the SDK's own time-out: that ends when a stream begins.
    const options = { signal: limit ? AbortSignal.any([signal, limit]) : signal };
    try {
      const messages = sendableCalls(content.messages, client.baseURL);
      const body = { ...content, messages, ...parameters, model };
      const completions = client.chat.completions;
      const completion = show
        ? await streamed(completions.create({ ...body, ...asStream }, options), show)
        : await completions.create(body, options);
      return { answer: this.counted(readCompletion(completion, model)) };
    } catch (error) {
      if (signal.aborted) this.countCall('aborted');
      signal.throwIfAborted();
      const failure = classifyModelError(limit?.aborted ? new APIConnectionTimeoutError() : error);
      const { code, message } = failure.error;
      this.countCall(failure.kind);
      this.logger.warn({ msg: 'model call failed', provider, model, code, error: message });
      return failure;
    }
  }

  private counted(answer: ModelAnswer): ModelAnswer {
    this.countCall('answered');
    this.countTokens('input', answer.inputTokens);
    this.countTokens('output', answer.outputTokens);
    return answer;
  }
}

/** The usage comes with the last chunk, if it was requested. */
const asStream = { stream: true, stream_options: { include_usage: true } } as const;

async function streamed(
  request: APIPromise<AsyncIterable<ChatCompletionChunk>>,
  show: ShowText,
): Promise<ChatCompletion> {
  const { data: chunks, response } = await request.withResponse();
  // A server without streaming answers as if it had not been requested.
  if (response.headers.get('content-type')?.startsWith('application/json')) {
    const whole: ChatCompletion = JSON.parse(await response.text());
    return whole;
  }
  const completion = new StreamedCompletion();
  show('');
  for await (const chunk of chunks) if (completion.add(chunk)) show(completion.text);
  return completion.completion();
}

/** With one model there is no choice: the turn's own retries are its breaker. */
const unwatched: Pass = { kind: 'unwatched' };

type Outcome = { readonly answer: ModelAnswer } | ModelFailure;

/** The error of a model that was skipped: its failure may be temporary, or not. */
function notAsked({ model: { model }, circuit: { code, lasting } }: { model: Model; circuit: Circuit }) {
  const message = `${model} was not asked, its circuit is open after ${code}`;
  return lasting ? new GiveUpError(code, message) : new RetryLaterError(code, message);
}

/** The failure that decides about the turn, of a whole chain's. */
function worthiest(failures: readonly TurnpikeError[]): TurnpikeError {
  const failure = failures.find((reason) => reason instanceof RetryLaterError) ?? failures.at(-1);
  return failure ?? new GiveUpError('MODEL_MISSING', 'no model is configured', 'set OPENAI_MODEL');
}

import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { GiveUpError, messageOf, RetryLaterError, TurnpikeError } from '../../platform/errors/errors.js';

/** The request is longer than the model's context: a shorter one may be answered. */
export class ContextOverflowError extends GiveUpError {
  constructor(message: string) {
    super('MODEL_CONTEXT_OVERFLOW', message, 'lower AGENT_CONTEXT_TOKENS, or choose a model that reads more');
  }
}

/** The kind of failure, which decides whether another model is asked. */
export type ModelFailure =
  /** This request, for any model. */
  | { readonly kind: 'request'; readonly error: TurnpikeError }
  /** The provider's content filter stopped the request. */
  | { readonly kind: 'filtered'; readonly error: TurnpikeError }
  /** This model or its key, until an operator fixes it. */
  | { readonly kind: 'model'; readonly error: TurnpikeError }
  /** A temporary failure: the same model may answer soon. */
  | { readonly kind: 'moment'; readonly error: RetryLaterError }
  /** The same, but so slow that the same model is not asked again. */
  | { readonly kind: 'slow'; readonly error: RetryLaterError };

const HINTS: Readonly<Record<number, string>> = {
  401: 'check OPENAI_API_KEY, or OPENAI_PROVIDER_KEYS',
  403: 'this key may not use this model: check OPENAI_MODEL and the key’s permissions',
  404: 'check OPENAI_MODEL and OPENAI_BASE_URL',
};
/** Besides 5xx: the same request may succeed later. 409 is a lock, 408 a time-out on their side. */
const TEMPORARY = new Set([408, 409, 425, 429]);
/** Faults of a request as such. 413: too large, in bytes or in tokens. */
const REQUEST = new Set([400, 413, 422]);

/** Codes and words of OpenAI, Azure, Anthropic, Google, Mistral, Groq, vLLM and llama.cpp. */
const OVERFLOW =
  /context_length_exceeded|exceed_context_size|maximum (context|prompt) length|context (window|length|size)|prompt is too long|input token count|reduce the length of the messages|too large for model/i;
const FILTERED = /^(content_filter|content_policy_violation)$/;
/** Errors with status 400 that concern this model, its key or its features: another model may succeed. */
const ONE_MODEL =
  /model_not_found|not a valid model|model .{0,100}(not found|does not exist)|unsupported_(parameter|value)|invalid_api_key|api key not valid/i;

/** Refusals of a request with pictures by a model without vision: OpenAI, vLLM, Ollama, llama.cpp (500). */
const PICTURES_REFUSED = new Set(['MODEL_400', 'MODEL_404', 'MODEL_415', 'MODEL_422']);
const ABOUT_PICTURES = /\b(image|vision|multimodal|mmproj)/i;

/** Whether the same request may pass without its pictures. Pure. */
export function mayBeThePictures(error: unknown): boolean {
  if (!(error instanceof TurnpikeError)) return false;
  if (error instanceof ContextOverflowError || PICTURES_REFUSED.has(error.code)) return true;
  return error.code.startsWith('MODEL_') && ABOUT_PICTURES.test(error.message);
}

/** Classifies a failed model call. Pure. */
export function classifyModelError(error: unknown): ModelFailure {
  if (error instanceof APIConnectionTimeoutError) {
    return { kind: 'slow', error: new RetryLaterError('MODEL_TIMEOUT', 'the model took too long') };
  }
  if (error instanceof APIConnectionError) {
    const message = `model not reachable: ${deepest(error)}`;
    const hint = 'check OPENAI_BASE_URL';
    return { kind: 'moment', error: new RetryLaterError('MODEL_UNREACHABLE', message, null, hint) };
  }
  const status = error instanceof APIError ? (error.status ?? statusWithin(error)) : null;
  if (!(error instanceof APIError) || status === null) {
    const message = `the model’s answer was not readable: ${messageOf(error)}`;
    return { kind: 'moment', error: new RetryLaterError('MODEL_GARBLED', message) };
  }
  return classifyAnswer(error, Number(status));
}

/**
 * An error with the status 200, in a stream or in place of an answer, often contains the status it should have had:
 * OpenRouter and llama.cpp as its `code`. Null: it does not.
 */
function statusWithin(error: APIError): number | null {
  const contained = Number(error.code ?? Reflect.get(Object(error.error), 'status'));
  if (Number.isInteger(contained) && contained >= 400 && contained < 600) return contained;
  return OVERFLOW.test(`${String(error.code)} ${error.message}`) ? 400 : null;
}

function classifyAnswer(error: APIError, status: number): ModelFailure {
  const message = `model answered ${status}: ${error.message}`;
  const code = typeof error.code === 'string' ? error.code : '';
  if (code === 'insufficient_quota') {
    const hint = 'the account’s credit is used up';
    return { kind: 'model', error: new GiveUpError('MODEL_QUOTA_EXHAUSTED', message, hint) };
  }
  if (TEMPORARY.has(status) || status >= 500) {
    return { kind: 'moment', error: new RetryLaterError(`MODEL_${status}`, message, retryAfterMs(error)) };
  }
  const failure = new GiveUpError(`MODEL_${status}`, message, HINTS[status] ?? null);
  if (!REQUEST.has(status)) return { kind: 'model', error: failure };
  if (FILTERED.test(code)) return { kind: 'filtered', error: failure };
  const words = `${code} ${String(error.type)} ${error.message}`;
  if (status === 413 || OVERFLOW.test(words)) {
    return { kind: 'request', error: new ContextOverflowError(message) };
  }
  return { kind: ONE_MODEL.test(words) ? 'model' : 'request', error: failure };
}

/**
 * `Retry-After` in seconds or as a date, or OpenAI's `retry-after-ms`; null if there is none. A date is by the server's
 * clock, so it is compared with the answer's `Date`, which servers with a clock send (RFC 9110, 6.6.1).
 */
function retryAfterMs(error: APIError): number | null {
  const headers: unknown = error.headers;
  if (!(headers instanceof Headers)) return null;
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms)) return ms;
  const after = headers.get('retry-after');
  if (after === null) return null;
  const seconds = Number(after);
  if (Number.isFinite(seconds)) return seconds * 1_000;
  const untilMs = Date.parse(after) - Date.parse(headers.get('date') ?? '');
  return Number.isFinite(untilMs) ? Math.max(0, untilMs) : null;
}

/** The SDK says "Connection error."; the reason is in the cause. */
function deepest(error: Error): string {
  return error.cause instanceof Error ? deepest(error.cause) : error.message;
}

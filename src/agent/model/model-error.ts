import { APIConnectionError, APIConnectionTimeoutError, APIError } from 'openai';
import { GiveUpError, messageOf, RetryLaterError, TurnpikeError } from '../../errors/errors.js';

/** The request is more than the model can read at once: with less in it, it may be answered. */
export class ContextOverflowError extends GiveUpError {
  constructor(message: string) {
    super('MODEL_CONTEXT_OVERFLOW', message, 'lower AGENT_CONTEXT_TOKENS, or choose a model that reads more');
  }
}

/** What failed, which decides whether another model is asked. */
export type ModelFailure =
  /** This request, whichever model is asked. */
  | { readonly kind: 'request'; readonly error: TurnpikeError }
  /** The provider's content filter stopped the request. */
  | { readonly kind: 'filtered'; readonly error: TurnpikeError }
  /** This model or its key, until somebody mends it. */
  | { readonly kind: 'model'; readonly error: TurnpikeError }
  /** The moment: the same model may answer soon. */
  | { readonly kind: 'moment'; readonly error: RetryLaterError }
  /** The same, but it took so long that nobody waits for it a second time. */
  | { readonly kind: 'slow'; readonly error: RetryLaterError };

const HINTS: Readonly<Record<number, string>> = {
  401: 'check OPENAI_API_KEY, or OPENAI_PROVIDER_KEYS',
  403: 'this key may not use this model: check OPENAI_MODEL and the key’s permissions',
  404: 'check OPENAI_MODEL and OPENAI_BASE_URL',
};
/** Besides 5xx: the same request may succeed later. 409 is a lock, 408 a time-out on their side. */
const TEMPORARY = new Set([408, 409, 425, 429]);
/** What is wrong with a request as such. 413: too large, in bytes or in tokens. */
const REQUEST = new Set([400, 413, 422]);

/** Codes and words of OpenAI, Azure, Anthropic, Google, Mistral, Groq, vLLM and llama.cpp. */
const OVERFLOW =
  /context_length_exceeded|exceed_context_size|maximum (context|prompt) length|context (window|length|size)|prompt is too long|input token count|reduce the length of the messages|too large for model/i;
const FILTERED = /^(content_filter|content_policy_violation)$/;
/** Said with 400, and yet another model may do: it is this one, its key or what it supports. */
const ONE_MODEL =
  /model_not_found|not a valid model|model .{0,100}(not found|does not exist)|unsupported_(parameter|value)|invalid_api_key|api key not valid/i;

/** Refusals that a request with pictures may get from a model that sees none: OpenAI, vLLM, Ollama, llama.cpp (500). */
const PICTURES_REFUSED = new Set(['MODEL_400', 'MODEL_404', 'MODEL_415', 'MODEL_422']);
const ABOUT_PICTURES = /\b(image|vision|multimodal|mmproj)/i;

/** May the same request pass without its pictures? Pure. */
export function mayBeThePictures(error: unknown): boolean {
  if (!(error instanceof TurnpikeError)) return false;
  if (error instanceof ContextOverflowError || PICTURES_REFUSED.has(error.code)) return true;
  return error.code.startsWith('MODEL_') && ABOUT_PICTURES.test(error.message);
}

/** Tells what a failed model call means. Pure. */
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
 * An error that came with the status 200, in a stream or in the place of an answer, often tells the status that it would
 * have had: OpenRouter and llama.cpp as its `code`. Null: it does not.
 */
function statusWithin(error: APIError): number | null {
  const told = Number(error.code ?? Reflect.get(Object(error.error), 'status'));
  if (Number.isInteger(told) && told >= 400 && told < 600) return told;
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
 * `Retry-After` in seconds or as a date, or OpenAI's `retry-after-ms`; null where there is none. A date is told by the
 * server's clock, so it is compared with the answer's `Date`, which servers with a clock send (RFC 9110, 6.6.1).
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

/** The SDK says "Connection error."; what happened is in the cause. */
function deepest(error: Error): string {
  return error.cause instanceof Error ? deepest(error.cause) : error.message;
}

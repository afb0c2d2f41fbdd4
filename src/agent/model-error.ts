import { APIConnectionError, APIError } from 'openai';
import { GiveUpError, messageOf, RetryLaterError, type TurnpikeError } from '../errors/errors.js';

const HINTS: Readonly<Record<number, string>> = {
  401: 'check OPENAI_API_KEY',
  403: 'this key may not use this model: check OPENAI_MODEL and the key’s permissions',
  404: 'check OPENAI_MODEL and OPENAI_BASE_URL',
};
/** Besides 5xx: the same request may succeed later. 409 is a lock, 408 a time-out on their side. */
const TEMPORARY = new Set([408, 409, 425, 429]);

/** Tells what to do about a failed model call: again later, or give up. Pure. */
export function classifyModelError(error: unknown): TurnpikeError {
  if (error instanceof APIConnectionError) {
    return new RetryLaterError(
      'MODEL_UNREACHABLE',
      `model not reachable: ${deepest(error)}`,
      null,
      'check OPENAI_BASE_URL',
    );
  }
  if (!(error instanceof APIError) || error.status === undefined) {
    return new RetryLaterError('MODEL_GARBLED', `the model’s answer was not readable: ${messageOf(error)}`);
  }
  const status = Number(error.status);
  const message = `model answered ${status}: ${error.message}`;
  if (error.code === 'insufficient_quota') {
    return new GiveUpError('MODEL_QUOTA_EXHAUSTED', message, 'the account’s credit is used up');
  }
  if (TEMPORARY.has(status) || status >= 500) {
    return new RetryLaterError(`MODEL_${status}`, message, retryAfterMs(error));
  }
  return new GiveUpError(`MODEL_${status}`, message, HINTS[status] ?? null);
}

/** `Retry-After` in seconds or as a date, or OpenAI's `retry-after-ms`; null where there is none. */
function retryAfterMs(error: APIError): number | null {
  const headers: unknown = error.headers;
  if (!(headers instanceof Headers)) return null;
  const ms = Number(headers.get('retry-after-ms') ?? Number.NaN);
  if (Number.isFinite(ms)) return ms;
  const after = headers.get('retry-after');
  if (after === null) return null;
  const seconds = Number(after);
  if (Number.isFinite(seconds)) return seconds * 1_000;
  const at = Date.parse(after);
  return Number.isFinite(at) ? Math.max(0, at - Date.now()) : null;
}

/** The SDK says "Connection error."; what happened is in the cause. */
function deepest(error: Error): string {
  return error.cause instanceof Error ? deepest(error.cause) : error.message;
}

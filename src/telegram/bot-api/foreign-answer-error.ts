/**
 * An HTTP answer that is not the Bot API's: a gateway's page, a redirect, half an answer. The outcome is unknown: the
 * answering server may have passed the call on before.
 */
export class ForeignAnswerError extends Error {
  /** The pause of `Retry-After`; null: none. */
  readonly retryAfterMs: number | null;

  constructor({ status, statusText, headers }: Pick<Response, 'status' | 'statusText' | 'headers'>) {
    super(`${`HTTP ${status} ${statusText}`.trim()}, and no answer of the Bot API`);
    this.name = 'ForeignAnswerError';
    this.retryAfterMs = readRetryAfter(headers.get('retry-after'));
  }
}

/** The longest pause it may ask for. */
const MOST_SECONDS = 3_600;

/** Seconds only: a date would be by the gateway's clock (https://www.rfc-editor.org/rfc/rfc9110#name-retry-after). */
function readRetryAfter(header: string | null): number | null {
  if (header === null || !/^\d{1,9}$/.test(header)) return null;
  return Math.min(Number(header), MOST_SECONDS) * 1_000;
}

import { GrammyError, HttpError } from 'grammy/web';
import { ChatId } from '../../channel/ids.js';
import { messageOf } from '../../platform/errors/errors.js';
import { ForeignAnswerError } from './bot-api-fetch.js';
import { fieldOf } from './update-fields.js';

/** Why a Bot API call failed, classified by the known effect of the call. `description` holds no token. */
export type BotCallFailure =
  /** The Bot API answered: the call had no effect. */
  | {
      readonly kind: 'answered';
      /** `error_code` of the answer. */
      readonly status: number;
      readonly description: string;
      /** Null if the server named no pause. */
      readonly retryAfterMs: number | null;
      /** Set if the chat has become a supergroup with this id. */
      readonly movedTo: ChatId | null;
    }
  /** No connection was made, so the request cannot have arrived. */
  | { readonly kind: 'not-sent'; readonly description: string }
  /**
   * The connection broke, time ran out, or another server than the Bot API answered: the call may have had its effect.
   */
  | {
      readonly kind: 'no-answer';
      readonly description: string;
      /** Null if no gateway named a pause. */
      readonly retryAfterMs: number | null;
    };

/** Classifies the rejection of a grammY call. */
export function readFailure(thrown: unknown): BotCallFailure {
  if (thrown instanceof GrammyError) {
    const { error_code: status, description, parameters } = thrown;
    const seconds = parameters.retry_after;
    const retryAfterMs = typeof seconds === 'number' && seconds >= 0 ? seconds * 1_000 : null;
    const moved = parameters.migrate_to_chat_id;
    const movedTo =
      typeof moved === 'number' && Number.isSafeInteger(moved) && moved !== 0 ? ChatId(String(moved)) : null;
    return { kind: 'answered', status, description, retryAfterMs, movedTo };
  }
  const error = thrown instanceof HttpError ? thrown.error : thrown;
  if (neverConnected(error)) return { kind: 'not-sent', description: describe(error) };
  const retryAfterMs = error instanceof ForeignAnswerError ? error.retryAfterMs : null;
  return { kind: 'no-answer', description: describe(error), retryAfterMs };
}

/** The requested pause in milliseconds; 0: none. */
export function pauseAskedFor(failure: BotCallFailure): number {
  return failure.kind === 'not-sent' ? 0 : (failure.retryAfterMs ?? 0);
}

/** System calls that precede a connection (https://nodejs.org/api/errors.html#errorsyscall). */
const connecting = new Set(['connect', 'getaddrinfo', 'queryA', 'queryAaaa', 'socket']);
/**
 * Codes without a system call: undici's connect time-out, a refused certificate, and the alerts and refusals of a
 * handshake. Any other TLS error may lie in the answer to a request that has arrived.
 */
const connectCode =
  /^(UND_ERR_CONNECT_TIMEOUT$|ERR_TLS_CERT_|CERT_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_|ERR_SSL_(SSLV3_ALERT_HANDSHAKE_FAILURE|TLSV1_ALERT_PROTOCOL_VERSION|TLSV1_UNRECOGNIZED_NAME|UNSUPPORTED_PROTOCOL)$)/;

/** Node's message, with the code of any reset, for a connection that ends within the handshake. */
const beforeTls = 'before secure TLS connection was established';

/** `fetch` hides the cause in `cause`; several addresses tried in vain come as an AggregateError. */
function neverConnected(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.length > 0 && error.errors.every(neverConnected);
  const syscall = fieldOf(error, 'syscall');
  if (typeof syscall === 'string') return connecting.has(syscall);
  const code = fieldOf(error, 'code');
  if (typeof code === 'string' && connectCode.test(code)) return true;
  if (!(error instanceof Error)) return false;
  return error.message.includes(beforeTls) || neverConnected(error.cause);
}

/** The innermost message, and its code if that says more. */
function describe(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0]);
  if (error instanceof Error && error.cause !== undefined) return describe(error.cause);
  const code = fieldOf(error, 'code');
  const message = messageOf(error) || 'no reason given';
  return typeof code === 'string' && !message.includes(code) ? `${message} (${code})` : message;
}

import { STATUS_CODES } from 'node:http';
import { HttpException, NotFoundException } from '@nestjs/common';
import { RetryLaterError, TurnpikeError } from '../errors/errors.js';
import { isUnreachable } from '../errors/unreachable.js';

/** The client's answer, in Nest's shape. */
interface RefusalBody {
  readonly statusCode: number;
  readonly message: string | readonly string[];
  readonly error: string;
}

export interface HttpRefusal {
  readonly body: RefusalBody;
  /** For the log: an error code of ours, of Fastify or of the system, else the error's name. */
  readonly code: string;
  /** Seconds; null if the error names none. */
  readonly retryAfter: number | null;
}

/** Fastify's and parsers' messages may quote the request; these say the same without it. */
const TEXTS: Readonly<Record<number, string>> = {
  400: 'The request cannot be read',
  404: 'Not found',
  408: 'The request took too long',
  413: 'The body is too large',
  414: 'The address is too long',
  415: 'The content type is not supported',
  431: 'The headers are too large',
  500: 'Internal server error',
  503: 'Not available at the moment, try again later',
};

/** Decides the client's answer to any thrown value. Pure; total. */
export function httpRefusalOf(exception: unknown): HttpRefusal {
  if (exception instanceof RetryLaterError) {
    const { retryAfterMs, code } = exception;
    const retryAfter = retryAfterMs === null ? null : Math.max(1, Math.ceil(retryAfterMs / 1000));
    return { body: body(503), code, retryAfter };
  }
  if (exception instanceof TurnpikeError) return refusal(body(500), exception.code);
  if (exception instanceof HttpException) return ofHttpException(exception);
  if (isUnreachable(exception)) return refusal(body(503), codeOf(exception));
  const status = clientStatusOf(exception);
  return refusal(body(status ?? 500), codeOf(exception));
}

function ofHttpException(exception: HttpException): HttpRefusal {
  const status = exception.getStatus();
  // Nest wraps Fastify's own errors (body too large, not JSON, ...) and keeps them as the cause.
  const { cause } = exception;
  if (cause instanceof Error && 'statusCode' in cause) return refusal(body(status), codeOf(cause));
  // Nest's message for an unknown route repeats the address, with its query.
  if (exception instanceof NotFoundException && exception.message.startsWith('Cannot ')) {
    return refusal(body(404), 'ROUTE_NOT_FOUND');
  }
  const given = messageIn(exception.getResponse());
  const said = refusal(status === 500 || given === null ? body(status) : body(status, given), exception.name);
  return { ...said, retryAfter: retryAfterOf(exception) };
}

/** A refusal over a limit of requests knows when there is room again. */
function retryAfterOf(exception: HttpException): number | null {
  const seconds = 'retryAfterSeconds' in exception ? exception.retryAfterSeconds : null;
  return typeof seconds === 'number' ? seconds : null;
}

function messageIn(response: unknown): string | readonly string[] | null {
  if (typeof response === 'string') return response;
  const message: unknown =
    typeof response === 'object' && response !== null && 'message' in response ? response.message : null;
  if (typeof message === 'string') return message;
  return Array.isArray(message) ? message.map(String) : null;
}

function refusal(body: RefusalBody, code: string): HttpRefusal {
  return { body, code, retryAfter: null };
}

function body(statusCode: number, message?: string | readonly string[]): RefusalBody {
  const error = STATUS_CODES[statusCode] ?? 'Error';
  return { statusCode, message: message ?? TEXTS[statusCode] ?? error, error };
}

/**
 * The status of an error of Fastify or of a parser that blames the client; a 5xx of theirs is our fault, and unknown.
 */
function clientStatusOf(exception: unknown): number | null {
  if (!(exception instanceof Error) || !('statusCode' in exception)) return null;
  const { statusCode } = exception;
  return typeof statusCode === 'number' && statusCode >= 400 && statusCode < 500 ? statusCode : null;
}

function codeOf(exception: unknown): string {
  if (!(exception instanceof Error)) return 'UNKNOWN';
  return 'code' in exception && typeof exception.code === 'string' ? exception.code : exception.name;
}

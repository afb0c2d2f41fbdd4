import { ProtocolError, SdkHttpError } from '@modelcontextprotocol/client';

/**
 * The state of a call without a result: `refused`, the server answered with an error; `undelivered`, it has not reached
 * a session of the server; `lost`, its outcome is unknown.
 */
export type McpCallFailure = 'refused' | 'undelivered' | 'lost';

/** Classifies the error of a call. Pure. */
export function callFailure(error: unknown): McpCallFailure {
  if (error instanceof ProtocolError) return 'refused';
  if (error instanceof SdkHttpError) {
    const { status } = error;
    // A server shall answer 404 for an unknown session; some answer 400.
    if (status === 404 || status === 400) return 'undelivered';
    return status >= 400 && status < 500 ? 'refused' : 'lost';
  }
  return isRefusedConnection(error) || isNotConnected(error) ? 'undelivered' : 'lost';
}

/** Whether `fetch` was refused the connection: its error has the network's as its cause. */
function isRefusedConnection(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const causes: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return causes.length > 0 && causes.every((one) => Reflect.get(Object(one), 'code') === 'ECONNREFUSED');
}

/** Whether the SDK reports that it is not connected, before anything is sent. */
function isNotConnected(error: unknown): boolean {
  return error instanceof Error && error.message === 'Not connected';
}

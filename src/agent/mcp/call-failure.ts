import { StreamableHTTPError } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { McpError } from '@modelcontextprotocol/sdk/types.js';

/**
 * What became of a call that came to no result: `refused`, the server answered with an error; `undelivered`, it has not
 * reached a session of the server; `lost`, nobody knows.
 */
export type CallFailure = 'refused' | 'undelivered' | 'lost';

/**
 * Pure.
 * @param connected is the session still there? The SDK's error for a connection that closed has a code that servers use too
 */
export function callFailure(error: unknown, connected: boolean): CallFailure {
  if (error instanceof McpError) return connected ? 'refused' : 'lost';
  if (error instanceof StreamableHTTPError) {
    const status = error.code ?? 0;
    // 404 is what a server shall say of a session it does not know; some say 400.
    if (status === 404 || status === 400) return 'undelivered';
    return status >= 400 && status < 500 ? 'refused' : 'lost';
  }
  return isRefusedConnection(error) || isNotConnected(error) ? 'undelivered' : 'lost';
}

/** Of `fetch`, whose error has the network's as its cause. */
function isRefusedConnection(error: unknown): boolean {
  const cause: unknown = error instanceof Error ? error.cause : undefined;
  const causes: unknown[] = cause instanceof AggregateError ? cause.errors : [cause];
  return causes.length > 0 && causes.every((one) => Reflect.get(Object(one), 'code') === 'ECONNREFUSED');
}

/** As the SDK says it before anything is sent. */
function isNotConnected(error: unknown): boolean {
  return error instanceof Error && error.message === 'Not connected';
}

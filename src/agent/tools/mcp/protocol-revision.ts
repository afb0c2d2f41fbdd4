import { ProtocolError, ProtocolErrorCode, SdkHttpError } from '@modelcontextprotocol/client';

/**
 * The protocol revision of a server: `2025`, with a handshake and, over HTTP, a session; `2026-07-28`, without either.
 * The older one is tried first: in it, the SDK returns a server's list as it is; in the newer one, it rejects a whole
 * list for one wrong tool.
 */
export type ProtocolRevision = '2025' | '2026-07-28';

/** Whether the server refused the handshake because it has newer revisions only. Pure. */
export function wantsNewer(error: unknown): boolean {
  const code = error instanceof ProtocolError ? error.code : codeInBody(error);
  return code === ProtocolErrorCode.UnsupportedProtocolVersion;
}

/** Reads the protocol error from the body of a refused handshake, which the SDK does not. */
function codeInBody(error: unknown): unknown {
  if (!(error instanceof SdkHttpError) || typeof error.data.text !== 'string') return undefined;
  try {
    const body: unknown = JSON.parse(error.data.text);
    return Reflect.get(Object(Reflect.get(Object(body), 'error')), 'code');
  } catch {
    return undefined;
  }
}

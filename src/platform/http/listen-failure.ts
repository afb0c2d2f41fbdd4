import { GiveUpError } from '../errors/errors.js';

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this account may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such name',
};

/** Explains in one line why the process cannot listen; returns any other error as it is. */
export function listenFailure(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = reasons[code];
  if (reason === undefined) return error;
  return new GiveUpError(
    'ADDRESS_NOT_AVAILABLE',
    `cannot listen on HOST=${host} PORT=${port}: ${reason}; PORT=0 picks a free port`,
    null,
    { cause: error },
  );
}

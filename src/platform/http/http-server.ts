import { createServer, type RequestListener, type Server } from 'node:http';
import type { Socket } from 'node:net';
import { Logger } from '@nestjs/common';
import type { ConnectionsPerAddress } from './connections-per-address.js';
import { GiveUpError } from '../errors/errors.js';

/** The shares of the server that one client, or all of them together, may use. */
export interface HttpLimits {
  /** From the first byte of a request, or from connecting, to the last byte of its body, in milliseconds. */
  readonly requestTimeoutMs: number;
  /** How often requests are checked for that, in milliseconds. */
  readonly checkEveryMs: number;
  /** After this long without a byte in either direction a connection is closed, in milliseconds. */
  readonly silenceTimeoutMs: number;
  /** Connections open at once; a further one is closed at once. */
  readonly maxConnections: number;
  /** The share of one address among these. */
  readonly perAddress: Pick<ConnectionsPerAddress, 'admit' | 'most'>;
}

/** Limits without a setting: a request is whole after 30 s, and an answer is read within 5 min. */
export const fixedHttpLimits = {
  requestTimeoutMs: 29_000,
  checkEveryMs: 1_000,
  silenceTimeoutMs: 300_000,
} as const;

const LOG_EVERY_MS = 60_000;

const logger = new Logger('HttpServer');

/**
 * Makes the server whose connections are bounded in time and number. Fastify's own has no limit for the body, and one
 * of its options applies to a second server of `HOST=localhost` that it makes beside the first; this function makes
 * both.
 *
 * @example new FastifyAdapter({ serverFactory: (handler) => createHttpServer(handler, limits) })
 */
export function createHttpServer(handler: RequestListener, limits: HttpLimits): Server {
  const server = createServer(
    {
      requestTimeout: limits.requestTimeoutMs,
      headersTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: limits.checkEveryMs,
      // Longer than balancers keep an idle connection: the side that opened it closes it.
      keepAliveTimeout: 72_000,
    },
    handler,
  );
  server.timeout = limits.silenceTimeoutMs;
  server.maxConnections = limits.maxConnections;
  const { perAddress, maxConnections } = limits;
  const tellOfAll = seldom(() => refusedPast(maxConnections, 'HTTP_MAX_CONNECTIONS'));
  const tellOfOne = seldom(() => refusedPast(perAddress.most, 'HTTP_MAX_CONNECTIONS_PER_ADDRESS'));
  server.on('drop', tellOfAll);
  server.on('connection', (socket: Socket) => {
    if (perAddress.admit(socket)) return;
    socket.destroy();
    tellOfOne();
  });
  return server;
}

function refusedPast(open: number, setting: string): void {
  logger.warn({ msg: 'connections refused', open, setting });
}

/** Calls the function at most once in a while, however often it is requested. */
function seldom(tell: () => void): () => void {
  let toldAt = -Infinity;
  return () => {
    const now = performance.now();
    if (now - toldAt < LOG_EVERY_MS) return;
    toldAt = now;
    tell();
  };
}

const listenReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another process listens there',
  EACCES: 'this account may not listen there',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'there is no such name',
};

/** Explains in one line why the process cannot listen; returns any other error as it is. */
export function listenFailure(error: unknown, { host, port }: { host: string; port: number }): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = listenReasons[code];
  if (reason === undefined) return error;
  return new GiveUpError(
    'ADDRESS_NOT_AVAILABLE',
    `cannot listen on HOST=${host} PORT=${port}: ${reason}; PORT=0 picks a free port`,
    null,
    { cause: error },
  );
}

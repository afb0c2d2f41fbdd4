import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { GiveUpError, messageOf } from '../errors/errors.js';
import { NEVER, pause } from '../runtime/pause.js';

const PATIENCE_MS = 30_000;
const OLDEST_SERVER = 14;

/** Temporary refusals: the server is starting, or has no connection to spare. */
const passing = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  '57P01',
  '57P03',
  '53300',
]);

/**
 * Opens one connection at start, when the database's machine may be starting too: waits up to 30 s for it, or until
 * `signal` is aborted.
 * @throws GiveUpError naming the fault of DATABASE_URL, its server or its server's version
 */
export async function connectAtStart(
  url: string,
  { patienceMs = PATIENCE_MS, signal = NEVER }: { patienceMs?: number; signal?: AbortSignal } = {},
): Promise<Client> {
  const logger = new Logger('Database');
  const deadline = performance.now() + patienceMs;
  for (let attempt = 0; ; attempt += 1) {
    const client = new Client({
      connectionString: url,
      application_name: 'turnpike start',
      connectionTimeoutMillis: 5_000,
      keepAlive: true,
    });
    client.on('error', () => undefined);
    const leave = () => void client.end().catch(() => undefined);
    signal.addEventListener('abort', leave, { once: true });
    try {
      await client.connect();
    } catch (error) {
      await client.end().catch(() => undefined);
      if (signal.aborted || !isPassing(error) || performance.now() > deadline) throw refused(error);
      if (attempt === 0) logger.warn({ msg: 'database not reachable yet, waiting', reason: reasonOf(error) });
      await pause(Math.min(1_000, 50 * 2 ** attempt), signal);
      if (signal.aborted) throw refused(error);
      continue;
    } finally {
      signal.removeEventListener('abort', leave);
    }
    await checkVersion(client);
    return client;
  }
}

async function checkVersion(client: Client): Promise<void> {
  const { rows } = await client.query<{ version: string }>(
    `SELECT current_setting('server_version_num') AS version`,
  );
  const major = Math.floor(Number(rows[0]?.version) / 10_000);
  if (major >= OLDEST_SERVER) return;
  await client.end().catch(() => undefined);
  throw new GiveUpError(
    'DATABASE_TOO_OLD',
    `the server at DATABASE_URL is PostgreSQL ${major}`,
    `PostgreSQL ${OLDEST_SERVER} or newer is needed.`,
  );
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

function isPassing(error: unknown): boolean {
  const code = codeOf(error);
  if (typeof code === 'string') return passing.has(code);
  // pg's own error, without a code.
  return /timeout expired|terminated/i.test(messageOf(error));
}

/** An AggregateError, of a name with several addresses, has a code but no message. */
function reasonOf(error: unknown): string {
  return messageOf(error) || String(codeOf(error));
}

function refused(error: unknown): GiveUpError {
  return new GiveUpError(
    'DATABASE_UNREACHABLE',
    `cannot connect to the database: ${reasonOf(error)}`,
    'Check DATABASE_URL: host, port, database, user and password; or unset it for the embedded PostgreSQL.',
    { cause: error },
  );
}

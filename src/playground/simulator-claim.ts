import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { Client } from 'pg';
import { GiveUpError, messageOf } from '../platform/errors/errors.js';

/** A number that no other advisory lock of this database uses. */
const LOCK = 7_418_880_004;
const CONNECT_TIMEOUT_MS = 5_000;
const CLAIM_AGAIN_MS = 1_000;

/** The holder's name in `pg_stat_activity`, followed by its address. */
const NAME = 'turnpike simulator';

/** The simulator of this process, if it has one. */
export type TelegramKind = 'simulated' | 'real';

/**
 * Keeps a database to one Telegram: each simulator has chats of its own, and the worker of another process would send
 * their replies to a Telegram that knows none of them. A process with a simulator holds a session advisory lock for as
 * long as it runs; PostgreSQL releases it however the process ends.
 */
export class SimulatorClaim implements OnApplicationShutdown {
  private readonly logger = new Logger('Playground');
  private client: Client | null = null;
  private name = NAME;
  private ended = false;

  private constructor(private readonly url: string) {}

  /**
   * Claims the database for the simulator of this process, or makes sure that no other process has one.
   * @throws GiveUpError naming the address of the process that has a simulator on this database
   */
  static async make(url: string, kind: TelegramKind): Promise<SimulatorClaim> {
    const claim = new SimulatorClaim(url);
    try {
      await claim.begin(kind);
    } catch (error) {
      // A process with a real bot needs no further connection for this.
      if (kind === 'simulated' || error instanceof GiveUpError) throw error;
      claim.logger.warn({ msg: 'not known whether a simulator uses this database', error: messageOf(error) });
    }
    return claim;
  }

  private async begin(kind: TelegramKind): Promise<void> {
    const client = await this.connect();
    try {
      const free = kind === 'simulated' ? await takeLock(client) : !(await isTaken(client));
      if (!free) throw taken(await holderAddress(client));
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    if (kind === 'real') await client.end();
    else this.hold(client);
  }

  /** Publishes this process's address for those that are refused because of it. */
  async announce(address: string): Promise<void> {
    this.name = `${NAME} ${address}`;
    await this.client?.query(`SELECT set_config('application_name', $1, false)`, [this.name]);
  }

  async onApplicationShutdown(): Promise<void> {
    this.ended = true;
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<Client> {
    const client = new Client({
      connectionString: this.url,
      application_name: this.name,
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    // An error is followed by the end; without a listener it would end the process.
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  private hold(client: Client): void {
    this.client = client;
    client.once('end', () => void this.claimAgain());
  }

  /** PostgreSQL was restarted, or the connection was cut. */
  private async claimAgain(): Promise<void> {
    for (this.client = null; !this.ended; await pause(CLAIM_AGAIN_MS, null, { ref: false })) {
      try {
        const client = await this.connect();
        if (!this.ended && (await takeLock(client))) return this.hold(client);
        const address = await holderAddress(client);
        await client.end();
        if (!this.ended) this.logger.error({ msg: 'another process has a simulated Telegram too', address });
      } catch (error) {
        this.logger.debug({ msg: 'simulator not claimed', error: messageOf(error) });
      }
    }
  }
}

async function takeLock(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>('SELECT pg_try_advisory_lock($1) AS taken', [LOCK]);
  return rows[0]?.taken === true;
}

/** A process with a real Telegram only checks: any number of them share a database. */
async function isTaken(client: Client): Promise<boolean> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_locks l JOIN pg_database d ON d.oid = l.database
     WHERE l.locktype = 'advisory' AND d.datname = current_database() AND l.objsubid = 1
       AND ((l.classid::bigint << 32) | l.objid::bigint) = $1`,
    [LOCK],
  );
  return rowCount !== 0;
}

/** Null if the other process does not listen yet, has ended meanwhile, or uses another database user. */
async function holderAddress(client: Client): Promise<string | null> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT application_name AS name FROM pg_stat_activity
     WHERE datname = current_database() AND starts_with(application_name, $1) AND pid <> pg_backend_pid()`,
    [`${NAME} `],
  );
  return rows[0]?.name.slice(NAME.length + 1) ?? null;
}

function taken(address: string | null): GiveUpError {
  return new GiveUpError(
    'SIMULATOR_TAKEN',
    `another process uses this database with a simulated Telegram: ${address ?? 'its address is not known yet'}`,
    'Use that one, or stop it first; or give this one a database of its own by DATA_DIR or DATABASE_URL.',
  );
}

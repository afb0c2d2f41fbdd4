import { Injectable } from '@nestjs/common';
import { Client } from 'pg';
import { HealthPart } from '../health/health-registry.js';
import { Database } from './database.js';

const TIMEOUT_MS = 2_000;

/**
 * Checks that PostgreSQL accepts writes. It uses a connection of its own, so that a pool whose connections are all busy
 * does not make a working database look dead.
 */
@Injectable()
export class DatabaseHealth extends HealthPart {
  readonly name = 'database';

  constructor(private readonly database: Database) {
    super();
  }

  /** @throws Error without an answer within 2 s or before `signal`, or if the server is read-only */
  async check(signal?: AbortSignal): Promise<void> {
    const client = new Client({
      connectionString: this.database.url,
      application_name: 'turnpike health',
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS,
    });
    client.on('error', () => undefined);
    const give = () => void client.end().catch(() => undefined);
    signal?.addEventListener('abort', give, { once: true });
    try {
      await client.connect();
      const { rows } = await client.query<{ readonly: boolean }>('SELECT pg_is_in_recovery() AS readonly');
      if (rows[0]?.readonly !== false) throw new Error('the server is read-only');
    } finally {
      signal?.removeEventListener('abort', give);
      await client.end().catch(() => undefined);
    }
  }
}

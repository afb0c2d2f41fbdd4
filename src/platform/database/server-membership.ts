import { Client } from 'pg';

/** A number that no other advisory lock of this database uses. */
const LOCK = 7_418_880_001;

/** Short: the server is on this machine, and answers or is gone. */
const CONNECT_TIMEOUT_MS = 5_000;

/**
 * This process's registration as a user of the embedded server: a connection that holds a shared advisory lock. The
 * server itself keeps the list, and removes a process that dies at once, however it dies.
 */
export class ServerMembership {
  private left = false;

  private constructor(private readonly client: Client) {}

  /**
   * Waits while the last member is stopping the server, and rejects when that is done.
   * @param onLost called once when the connection ends without `leave`
   */
  static async enter(url: string, onLost: () => void): Promise<ServerMembership> {
    const client = new Client({
      connectionString: url,
      application_name: 'turnpike presence',
      connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
      keepAlive: true,
    });
    const membership = new ServerMembership(client);
    // An error is followed by the end; without a listener it would end the process.
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.query('SELECT pg_advisory_lock_shared($1)', [LOCK]);
    } catch (error) {
      await client.end().catch(() => undefined);
      throw error;
    }
    client.once('end', () => {
      if (!membership.left) onLost();
    });
    return membership;
  }

  /**
   * Ends the membership. `last`: there is no other member, nor can one join until `close`, so that the server may be
   * stopped. Of several that leave at once exactly one is the last.
   */
  async leave(): Promise<'last' | 'others remain'> {
    this.left = true;
    await this.client.query('SELECT pg_advisory_unlock_shared($1)', [LOCK]);
    const { rows } = await this.client.query<{ alone: boolean }>('SELECT pg_try_advisory_lock($1) AS alone', [
      LOCK,
    ]);
    return rows[0]?.alone === true ? 'last' : 'others remain';
  }

  async close(): Promise<void> {
    this.left = true;
    await this.client.end().catch(() => undefined);
  }
}

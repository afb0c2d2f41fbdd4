import { Pool } from 'pg';

/** An update, with the fields that the floors read. */
export interface Update {
  readonly update_id: number;
  readonly message: { readonly chat: { readonly id: number } };
}

interface Waiting {
  readonly update: Update;
  readonly text: string;
  readonly committed: () => void;
}

const MAX_BATCH = 250;

/** One multi-row INSERT at a time for all waiting updates, and nothing else. */
export class GroupInsert {
  private waiting: Waiting[] = [];
  private busy = false;

  private constructor(private readonly pool: Pool) {}

  static async open(): Promise<GroupInsert> {
    const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 1 });
    await pool.query(
      'CREATE TABLE updates (update_id bigint PRIMARY KEY, chat_id bigint NOT NULL, payload json NOT NULL)',
    );
    return new GroupInsert(pool);
  }

  /** @param committed called once the update is durable */
  add(update: Update, text: string, committed: () => void): void {
    this.waiting.push({ update, text, committed });
    if (!this.busy) this.schedule();
  }

  private schedule(): void {
    this.busy = true;
    setImmediate(() => void this.commit());
  }

  private async commit(): Promise<void> {
    const batch = this.waiting.splice(0, MAX_BATCH);
    await this.pool.query({
      name: 'store',
      text: `INSERT INTO updates SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::json[])
             ON CONFLICT (update_id) DO NOTHING`,
      values: [
        batch.map(({ update }) => update.update_id),
        batch.map(({ update }) => update.message.chat.id),
        batch.map(({ text }) => text),
      ],
    });
    for (const { committed } of batch) committed();
    if (this.waiting.length > 0) this.schedule();
    else this.busy = false;
  }
}

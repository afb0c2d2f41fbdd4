import { Pool } from 'pg';
import type { ToolUse } from '../expectations.js';

/** A chat's usage, its summaries included. */
export interface Used {
  readonly tokens: number;
  readonly usd: number;
}

/** Reads the product's records of a chat from the database, and gives it a history. */
export class ChatRecord {
  private readonly pool: Pool;

  constructor(url: string) {
    this.pool = new Pool({ connectionString: url, max: 4 });
  }

  /** The chat has no waiting or running work; a turn that waits for a person's decision does not count. */
  async isIdle(chat: number): Promise<boolean> {
    const [row] = await this.rows<{ busy: boolean }>(
      `SELECT EXISTS (SELECT FROM events e WHERE e.conversation_id = c.id AND e.state IN ('waiting', 'claimed')
                        AND NOT EXISTS (SELECT FROM turns t WHERE t.id = e.turn_id AND t.state = 'parked'))
           OR EXISTS (SELECT FROM turns t WHERE t.conversation_id = c.id AND t.state IN ('waiting', 'running'))
           OR EXISTS (SELECT FROM replies r WHERE r.conversation_id = c.id AND r.settled_at IS NULL) AS busy
       FROM conversations c WHERE c.chat_id = $1`,
      [chat],
    );
    return row?.busy === false;
  }

  /** Whether the history beyond its share is summarised. @returns false also if there is none */
  async isSummarised(chat: number): Promise<boolean> {
    const rows = await this.rows(
      `SELECT FROM summaries s JOIN conversations c ON c.id = s.conversation_id
       WHERE c.chat_id = $1 AND s.epoch = c.epoch AND s.due_at IS NULL AND s.text <> ''`,
      [chat],
    );
    return rows.length > 0;
  }

  async turns(chat: number): Promise<number> {
    const [row] = await this.rows<{ turns: number }>(
      `SELECT count(*)::int AS turns FROM turns t JOIN conversations c ON c.id = t.conversation_id WHERE c.chat_id = $1`,
      [chat],
    );
    return row?.turns ?? 0;
  }

  /** The calls that ran, in their order: each follows the model's answer that requests it. */
  async toolUses(chat: number): Promise<ToolUse[]> {
    const rows = await this.rows<{ name: string; given: string }>(
      `SELECT s.name, m.result -> 'toolCalls' -> (s.index - m.index - 1) ->> 'arguments' AS given
       FROM steps s
       JOIN turns t ON t.id = s.turn_id JOIN conversations c ON c.id = t.conversation_id
       JOIN LATERAL (
         SELECT * FROM steps m WHERE m.turn_id = s.turn_id AND m.kind = 'model' AND m.index < s.index
         ORDER BY m.index DESC LIMIT 1
       ) AS m ON true
       WHERE c.chat_id = $1 AND s.kind = 'tool' ORDER BY s.started_at, s.index`,
      [chat],
    );
    return rows.map(({ name, given }) => ({ name, arguments: argumentsOf(given) }));
  }

  async used(chat: number): Promise<Used> {
    const [row] = await this.rows<Used>(
      `SELECT coalesce(sum(spent_tokens), 0)::int AS tokens, coalesce(sum(spent_micro_usd), 0)::float8 / 1000000 AS usd
       FROM budget_days WHERE scope = 'chat' AND key = 'telegram:' || $1::text`,
      [chat],
    );
    return row ?? { tokens: 0, usd: 0 };
  }

  /** Texts by turns of the user and of the agent, oldest first. */
  async seed(chat: number, texts: readonly string[]): Promise<void> {
    await this.rows(
      `INSERT INTO messages (conversation_id, epoch, role, text)
       SELECT c.id, c.epoch, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END::message_role, text
       FROM conversations c, unnest($2::text[]) WITH ORDINALITY AS past (text, n)
       WHERE c.chat_id = $1 ORDER BY n`,
      [chat, texts],
    );
  }

  async close(): Promise<void> {
    await this.pool.end();
  }

  private async rows<Row>(sql: string, values: unknown[]): Promise<Row[]> {
    return (await this.pool.query(sql, values)).rows;
  }
}

function argumentsOf(text: string | null): Readonly<{ [name: string]: unknown }> {
  try {
    const given: unknown = JSON.parse(text ?? '{}');
    return typeof given === 'object' && given !== null ? { ...given } : {};
  } catch {
    return {};
  }
}

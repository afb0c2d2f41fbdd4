import type { ChatDescription } from '../channel/inbound.js';
import type { DatabasePool } from '../platform/database/database-pool.js';
import type { Ids } from '../platform/runtime/ids.js';

/** A chat of a channel, as the key of its conversation. */
export interface ChatOfChannel {
  readonly channel: string;
  readonly chat: ChatDescription;
}

/** The result of a look-up without locks. */
export interface Places {
  /** In the given order; undefined if there is no conversation. */
  readonly ids: readonly (string | undefined)[];
  /** Whether unconfirmed events are listed: see `UnconfirmedEvents`. */
  readonly hasUnconfirmed: boolean;
}

/** How long making a conversation may wait for a transaction that makes, migrates or erases the same one. */
const MAKE_WAIT_MS = 50;
/** The most that a call waits for; the rest is not made, as if it had to wait too. */
const MAX_WAITS = 5;

/**
 * Finds and makes the conversations of chats for callers with others waiting behind them: no call waits more than
 * milliseconds for a lock. A migrated chat counts as its present one.
 */
export class ConversationPlacesRepository {
  constructor(
    private readonly pool: DatabasePool,
    private readonly ids: Ids,
  ) {}

  /** Looks the chats up without locks: finds a conversation that is being erased or migrated at this moment. */
  async find(chats: readonly ChatOfChannel[]): Promise<Places> {
    const { rows } = await this.pool.query<{ id: string | null; unconfirmed: boolean | null }>({
      name: 'find-places',
      text: FIND,
      values: [
        chats.map(({ channel }) => channel),
        chats.map(({ chat }) => chat.chatId),
        chats.map(({ chat }) => chat.threadId),
      ],
    });
    return {
      ids: rows.map(({ id }) => id ?? undefined),
      hasUnconfirmed: rows.some(({ unconfirmed }) => unconfirmed === true),
    };
  }

  /** Makes missing conversations, as far as possible within milliseconds. `find` then returns those that exist. */
  async make(chats: readonly ChatOfChannel[]): Promise<void> {
    if (await this.tryToMake(chats)) return;
    if (chats.length === 1) return;
    let waits = 0;
    for (const chat of chats) {
      if (!(await this.tryToMake([chat]))) waits += 1;
      if (waits === MAX_WAITS) return;
    }
  }

  /** @returns false if another transaction holds a lock on one of them */
  private async tryToMake(chats: readonly ChatOfChannel[]): Promise<boolean> {
    try {
      await this.pool.query({
        text: MAKE,
        values: [
          chats.map(({ channel }) => channel),
          chats.map(({ chat }) => chat.chatId),
          chats.map(({ chat }) => chat.threadId),
          chats.map(() => this.ids.next()),
          chats.map(({ chat }) => chat.type),
          chats.map(({ chat }) => chat.title),
          chats.map(({ chat }) => chat.username),
          chats.map(({ chat }) => chat.via),
          `${MAKE_WAIT_MS}ms`,
        ],
      });
      return true;
    } catch (error) {
      if (isLockTimeout(error)) return false;
      throw error;
    }
  }
}

/** SQLSTATE 55P03: `lock_timeout` ended the statement. */
function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}

const FIND = `
  SELECT c.id, (SELECT true FROM unconfirmed_events LIMIT 1) AS unconfirmed
  FROM unnest($1::text[], $2::text[], $3::text[]) WITH ORDINALITY AS i (channel, chat_id, thread_id, position)
  LEFT JOIN chat_migrations m ON m.channel = i.channel AND m.from_chat_id = i.chat_id
  LEFT JOIN conversations c ON c.channel = i.channel AND c.chat_id = coalesce(m.to_chat_id, i.chat_id)
    AND c.thread_id = i.thread_id
  ORDER BY i.position`;

/** Sets `lock_timeout` for this statement alone: setting it before would cost a transaction of three statements. */
const MAKE = `
  WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', $9, true))
  INSERT INTO conversations (channel, chat_id, thread_id, id, chat_type, title, username, via)
  SELECT i.channel, coalesce(m.to_chat_id, i.chat_id), i.thread_id, i.id, i.type, i.title, i.username, i.via
  FROM patience, unnest($1::text[], $2::text[], $3::text[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS i (channel, chat_id, thread_id, id, type, title, username, via)
  LEFT JOIN chat_migrations m ON m.channel = i.channel AND m.from_chat_id = i.chat_id
  -- In one order, or two processes that meet the same new chats could wait for each other.
  ORDER BY 1, 2, 3
  ON CONFLICT (channel, chat_id, thread_id) DO NOTHING`;

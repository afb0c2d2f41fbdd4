import type { ChatDescription } from '../channel/inbound.js';
import type { DatabasePool } from '../database/database-pool.js';
import type { Ids } from '../runtime/ids.js';

/** A chat of a channel, as the key of its conversation. */
export interface ChatOfChannel {
  readonly channel: string;
  readonly chat: ChatDescription;
}

/** What a look-up without locks found. */
export interface Places {
  /** In the given order; undefined where there is no conversation. */
  readonly ids: readonly (string | undefined)[];
  /** Events are listed whose conversation is to be looked at: see `UnconfirmedEvents`. */
  readonly hasUnconfirmed: boolean;
}

/** How long making a conversation may wait for somebody who makes, moves or erases the same one. */
export const MAKE_WAIT_MS = 50;
/** How many of them a call waits for; the rest is not made, as if it had to wait too. */
const MAX_WAITS = 5;

/**
 * Finds and makes the conversations of chats, for callers that others wait behind: no call waits for a lock for longer
 * than milliseconds. A chat that has moved is taken for where it is now.
 */
export class ConversationPlaces {
  constructor(
    private readonly pool: DatabasePool,
    private readonly ids: Ids,
  ) {}

  /** Looks the chats up without any lock: a conversation that is being erased or moved at this moment is found. */
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

  /**
   * Makes the conversations that do not exist yet, as far as that can be done within milliseconds. `find` tells which of
   * them exist then.
   */
  async make(chats: readonly ChatOfChannel[]): Promise<void> {
    if (await this.tryToMake(chats)) return;
    if (chats.length === 1) return;
    let waits = 0;
    for (const chat of chats) {
      if (!(await this.tryToMake([chat]))) waits += 1;
      if (waits === MAX_WAITS) return;
    }
  }

  /** @returns false where somebody holds a lock on one of them */
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
export function isLockTimeout(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === '55P03';
}

const FIND = `
  SELECT c.id, (SELECT true FROM unconfirmed_events LIMIT 1) AS unconfirmed
  FROM unnest($1::text[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS i (channel, chat_id, thread_id, position)
  LEFT JOIN chat_moves m ON m.channel = i.channel AND m.from_chat_id = i.chat_id
  LEFT JOIN conversations c ON c.channel = i.channel AND c.chat_id = coalesce(m.to_chat_id, i.chat_id)
    AND c.thread_id = i.thread_id
  ORDER BY i.position`;

/** Sets `lock_timeout` for itself alone: setting it before would cost a transaction of three statements. */
const MAKE = `
  WITH patience AS MATERIALIZED (SELECT set_config('lock_timeout', $9, true))
  INSERT INTO conversations (channel, chat_id, thread_id, id, chat_type, title, username, via)
  SELECT i.channel, coalesce(m.to_chat_id, i.chat_id), i.thread_id, i.id, i.type, i.title, i.username, i.via
  FROM patience, unnest($1::text[], $2::bigint[], $3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[], $8::text[])
    AS i (channel, chat_id, thread_id, id, type, title, username, via)
  LEFT JOIN chat_moves m ON m.channel = i.channel AND m.from_chat_id = i.chat_id
  -- In one order, or two processes that meet the same new chats could wait for each other.
  ORDER BY 1, 2, 3
  ON CONFLICT (channel, chat_id, thread_id) DO NOTHING`;

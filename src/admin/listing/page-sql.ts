import { Prisma } from '../../generated/prisma/client.js';
import type { TimeCursor } from './cursor.js';

/**
 * The most rows that one filtered page reads. Filters have no index of their own; a page that reaches this limit before
 * it is full is returned as it is, with a cursor to continue from.
 */
export const SCANNED_ROWS = 20_000;

/** A time as whole microseconds since 1970: JavaScript's dates would lose the last three digits, and a page its rows. */
export function microsOf(column: Prisma.Sql): Prisma.Sql {
  return Prisma.sql`(extract(epoch FROM ${column}) * 1000000)::bigint`;
}

/** The rows that come after the cursor in `ORDER BY <column> DESC, id DESC`, as one comparison that an index answers. */
export function afterTime(column: Prisma.Sql, cursor: TimeCursor | null): Prisma.Sql {
  if (cursor === null) return Prisma.sql`true`;
  const { micros, id } = cursor;
  return Prisma.sql`(${column}, id) <
    ('epoch'::timestamptz + ${micros}::bigint * interval '1 microsecond', ${id}::uuid)`;
}

/** Null: in all conversations. */
export function inConversation(id: string | null): Prisma.Sql {
  return id === null ? Prisma.sql`true` : Prisma.sql`conversation_id = ${id}::uuid`;
}

/**
 * Leaves out the rows of conversations that are being erased: they disappear one by one, and the rest must not show.
 */
export const notErased = Prisma.sql`
  (conversation_id IN (SELECT e.id FROM conversations e WHERE e.erased_at IS NOT NULL)) IS NOT TRUE`;

/** Rows whose ids are UUIDs of version 7, whose order is that of time; null: from the newest. */
export function olderThan(id: string | null): Prisma.Sql {
  return id === null ? Prisma.sql`true` : Prisma.sql`id < ${id}::uuid`;
}

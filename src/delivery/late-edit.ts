import type { ChannelMessageId } from '../channel/ids.js';
import type { Deferral } from '../platform/database/deferred.js';
import { Prisma } from '../generated/prisma/client.js';

/**
 * How long after its start an unanswered edit may still take effect: four times the limit of a call
 * (`CALL_TIMEOUT_MS`), and as long as a gateway usually keeps one.
 */
export const LATE_MS = 60_000;
/** The first confirmation comes this soon after a text was settled: most late edits are late by moments. */
export const CONFIRM_SOON_MS = 25;
/** Each confirmation comes when the doubt is this many times as old as at the one before. */
const GROWTH = 8;

/** A message of the bot in the conversation's chat. */
export interface ShownMessage {
  readonly conversationId: string;
  readonly channelMessageId: ChannelMessageId;
}

/** The doubt about the text of a message. */
export interface Doubt {
  /** Marked edits so far: one more means that the text must be sent after that one too. */
  readonly marks: number;
  /** Confirmations that failed in a row. */
  readonly tries: number;
  /** The flood gate gave the confirmation this time before. */
  readonly gated: boolean;
  /** How long such an edit may still take effect; 0: no longer, so the next confirmation is the last one. */
  readonly leftMs: number;
  /** The end of the doubt as PostgreSQL writes it, to the microsecond. */
  readonly until: string;
}

/** The deferrals of `late_edits`, aliased `l`: of the next confirmation, and of the end of the doubt. */
export const confirmationDeferral: Deferral = {
  since: Prisma.sql`l.put_off_at`,
  until: Prisma.sql`l.confirm_at`,
};
export const doubtDeferral: Deferral = { since: Prisma.sql`l.put_off_at`, until: Prisma.sql`l.until` };

/** The delay from one confirmation to the next; null: that was the last one. Pure. */
export function nextConfirmationMs({ leftMs }: Pick<Doubt, 'leftMs'>): number | null {
  if (leftMs <= 0) return null;
  const doubtAgeMs = Math.max(0, LATE_MS - leftMs);
  return Math.min(leftMs, Math.max(CONFIRM_SOON_MS, (GROWTH - 1) * doubtAgeMs));
}

/**
 * Marks that an edit of the message may take effect after its newest text was sent, for another `forMs`; 0: the edit
 * has taken effect by now. The text is then sent once more. Needs no lease: a needless mark costs an edit that changes
 * nothing. Does nothing if the conversation was erased.
 */
export async function markLateEdit(
  tx: Pick<Prisma.TransactionClient, '$executeRaw'>,
  { conversationId, channelMessageId }: ShownMessage,
  forMs: number,
): Promise<void> {
  await tx.$executeRaw(
    insertLateEdits(
      Prisma.sql`
        SELECT id AS conversation_id, ${channelMessageId}::text AS channel_message_id
        FROM conversations WHERE id = ${conversationId}::uuid FOR KEY SHARE`,
      forMs,
    ),
  );
}

/** The INSERT of `markLateEdit`. @param messages a SELECT of `conversation_id` and `channel_message_id` */
export function insertLateEdits(messages: Prisma.Sql, forMs: number): Prisma.Sql {
  return Prisma.sql`
    INSERT INTO late_edits (conversation_id, channel_message_id, until, confirm_at)
    SELECT conversation_id, channel_message_id, clock_timestamp() + ${forMs} * interval '1 ms', clock_timestamp()
    FROM (${messages}) AS edited
    ON CONFLICT (conversation_id, channel_message_id) DO UPDATE SET
      marks = late_edits.marks + 1,
      until = greatest(
        CASE WHEN late_edits.put_off_at <= clock_timestamp() THEN late_edits.until END, EXCLUDED.until),
      confirm_at = least(late_edits.confirm_at, EXCLUDED.confirm_at),
      put_off_at = clock_timestamp()`;
}

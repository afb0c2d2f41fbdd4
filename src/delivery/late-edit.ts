import type { Deferral } from '../database/deferred.js';
import { Prisma } from '../generated/prisma/client.js';

/**
 * How long after its beginning an edit that nobody got an answer to may still take effect: four times what a call may take
 * (`CALL_TIMEOUT_MS`), and as long as a gateway usually keeps one.
 */
export const LATE_MS = 60_000;
/** The first confirmation after a text was settled: soon, since most edits that come late are overtaken by moments. */
export const CONFIRM_SOON_MS = 25;
/** Each confirmation comes when the doubt is so many times as old as at the one before. */
const GROWTH = 8;

/** A message of ours, in the chat of the conversation. */
export interface ShownMessage {
  readonly conversationId: string;
  readonly channelMessageId: bigint;
}

/** What is in doubt about the text of a message. */
export interface Doubt {
  /** Edits that were marked so far: one more means that the text has to be put in after that one too. */
  readonly marks: number;
  /** Confirmations that failed in a row. */
  readonly tries: number;
  /** It was told by the flood gate to come now. */
  readonly gated: boolean;
  /** For how long such an edit may still take effect; 0: not any more, so the next confirmation is the last one. */
  readonly leftMs: number;
  /** The same as PostgreSQL writes it, to the microsecond. */
  readonly until: string;
}

/** Of `late_edits`, called `l`: until when the next confirmation waits, and the doubt lasts. */
export const confirmationDeferral: Deferral = {
  since: Prisma.sql`l.put_off_at`,
  until: Prisma.sql`l.confirm_at`,
};
export const doubtDeferral: Deferral = { since: Prisma.sql`l.put_off_at`, until: Prisma.sql`l.until` };

/** How long after a confirmation the next one comes; null: that was the last one. Pure. */
export function nextConfirmationMs({ leftMs }: Pick<Doubt, 'leftMs'>): number | null {
  if (leftMs <= 0) return null;
  const doubtAgeMs = Math.max(0, LATE_MS - leftMs);
  return Math.min(leftMs, Math.max(CONFIRM_SOON_MS, (GROWTH - 1) * doubtAgeMs));
}

/**
 * Marks that an edit of the message may take effect after its newest text was put in, for another `forMs`; 0: it has taken
 * effect by now. The text is then put in once more. Whoever marks needs no lease: a mark too many costs an edit that
 * changes nothing. Nothing is marked where the conversation was erased.
 */
export async function markLateEdit(
  tx: Pick<Prisma.TransactionClient, '$executeRaw'>,
  { conversationId, channelMessageId }: ShownMessage,
  forMs: number,
): Promise<void> {
  await tx.$executeRaw`
    INSERT INTO late_edits (conversation_id, channel_message_id, until, confirm_at)
    SELECT id, ${channelMessageId}, clock_timestamp() + ${forMs} * interval '1 ms', clock_timestamp()
    FROM conversations WHERE id = ${conversationId}::uuid
    FOR KEY SHARE
    ON CONFLICT (conversation_id, channel_message_id) DO UPDATE SET
      marks = late_edits.marks + 1,
      until = greatest(
        CASE WHEN late_edits.put_off_at <= clock_timestamp() THEN late_edits.until END, EXCLUDED.until),
      confirm_at = least(late_edits.confirm_at, EXCLUDED.confirm_at),
      put_off_at = clock_timestamp()`;
}

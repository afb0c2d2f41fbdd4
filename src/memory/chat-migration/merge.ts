import { Prisma } from '../../generated/prisma/client.js';

/** Two conversations that turn out to be one. */
export interface MergedConversations {
  /** Survives, with its history first. */
  readonly keep: string;
  /** Is merged into it. */
  readonly gone: string;
}

/** The offset added to the epochs of the conversation that goes, decided when the first of its rows was transferred. */
export function epochOffset({ keep, gone }: MergedConversations): Prisma.Sql {
  return Prisma.sql`coalesce(
    (SELECT epoch_offset FROM conversation_merges WHERE gone_id = ${gone}::uuid AND keep_id = ${keep}::uuid),
    (SELECT c.epoch FROM conversations c WHERE c.id = ${keep}::uuid))`;
}

/** For a column `epoch`: its value in the other conversation. Messages outside all epochs stay there. */
export function epochIn(merge: MergedConversations): Prisma.Sql {
  return Prisma.sql`CASE WHEN epoch < 0 THEN epoch ELSE epoch + ${epochOffset(merge)} END`;
}

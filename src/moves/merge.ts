import { Prisma } from '../generated/prisma/client.js';

/** Two conversations that turn out to be one. */
export interface Merge {
  /** Lives on, with its history first. */
  readonly keep: string;
  /** Goes into it. */
  readonly gone: string;
}

/** How far the epochs of the conversation that goes are moved: as it was decided when the first of its rows moved. */
export function epochOffset({ keep, gone }: Merge): Prisma.Sql {
  return Prisma.sql`coalesce(
    (SELECT epoch_offset FROM conversation_merges WHERE gone_id = ${gone}::uuid AND keep_id = ${keep}::uuid),
    (SELECT c.epoch FROM conversations c WHERE c.id = ${keep}::uuid))`;
}

/** For a column `epoch`: what it is in the other conversation. Messages beside all epochs stay there. */
export function epochIn(merge: Merge): Prisma.Sql {
  return Prisma.sql`CASE WHEN epoch < 0 THEN epoch ELSE epoch + ${epochOffset(merge)} END`;
}

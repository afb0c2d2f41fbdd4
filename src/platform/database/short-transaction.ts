import type { Prisma } from '../../generated/prisma/client.js';
import type { PrismaService } from './prisma.service.js';

/** Milliseconds that the transaction waits for another session's lock. */
export const LOCK_TIMEOUT_MS = 250;
/** Milliseconds that one of its statements may take. */
const STATEMENT_TIMEOUT_MS = 2_000;

/**
 * Runs a transaction of recurring work: it fails rather than waits, so that one locked row does not delay its caller's
 * other work.
 */
export async function shortTransaction<T>(
  prisma: PrismaService,
  work: (tx: Prisma.TransactionClient) => Promise<T>,
): Promise<T> {
  return await prisma.$transaction(async (tx) => {
    await tx.$queryRaw`
      SELECT set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true),
             set_config('statement_timeout', ${String(STATEMENT_TIMEOUT_MS)}, true)`;
    return await work(tx);
  });
}

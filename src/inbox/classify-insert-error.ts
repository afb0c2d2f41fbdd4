import { DatabaseError } from 'pg';

/**
 * Classifies a failed insert by its SQLSTATE: a payload that PostgreSQL cannot store (class 22 data exception, 54
 * program limit exceeded, as for JSON nested too deeply), a deadlock with another process that stores the same updates
 * in another order (40P01), a lock held by another session for too long (55P03), or null for any other error.
 * @see https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
export function classifyInsertError(error: unknown): 'payload' | 'deadlock' | 'locked' | null {
  if (!(error instanceof DatabaseError) || error.code === undefined) return null;
  if (error.code === '40P01') return 'deadlock';
  if (error.code === '55P03') return 'locked';
  return error.code.startsWith('22') || error.code.startsWith('54') ? 'payload' : null;
}

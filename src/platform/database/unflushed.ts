import { Prisma } from '../../generated/prisma/client.js';

/**
 * A value for a SELECT or RETURNING: the transaction's commit does not wait for the disk. A crash of the server may undo
 * it, and then everything that was committed after it too, but nothing that was committed before.
 * @see https://www.postgresql.org/docs/current/wal-async-commit.html
 */
export const unflushed = Prisma.sql`set_config('synchronous_commit', 'off', true)`;

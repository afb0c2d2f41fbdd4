import { Injectable } from '@nestjs/common';
import type { ModelTarget } from './model-target.js';
import { type Deferral, isDue, isWithin, waitMsOf } from '../../platform/database/deferred.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Prisma } from '../../generated/prisma/client.js';
import { type Circuit, FORGET_MS } from './circuit.js';

export interface StoredCircuit extends ModelTarget, Circuit {}

/** The start and the end of the time in which a model is not asked. */
const open: Deferral = { since: Prisma.sql`failed_at`, until: Prisma.sql`retry_at` };

const columns = Prisma.sql`
  provider, model, failures, trips, code, lasting,
  CASE WHEN retry_at IS NOT NULL THEN ${waitMsOf(open)} END AS "waitMs"`;

/** The circuits in the database, by its clock. A healthy model has no row and costs no write. */
@Injectable()
export class CircuitRepository {
  constructor(private readonly prisma: PrismaService) {}

  all(): Promise<StoredCircuit[]> {
    return this.prisma.$queryRaw<StoredCircuit[]>`SELECT ${columns} FROM model_circuits`;
  }

  /**
   * Lets `next` decide the new state of a circuit, one failure after the other; null leaves it unchanged. Before a
   * first failure, and after the last one of a closed circuit is forgotten, `next` gets null.
   */
  async change(
    { provider, model }: ModelTarget,
    next: (before: Circuit | null) => Circuit | null,
  ): Promise<{ before: Circuit | null; after: StoredCircuit | null }> {
    return await this.prisma.$transaction(async (tx) => {
      await tx.$executeRaw`
        INSERT INTO model_circuits (provider, model, failures, trips, code, lasting)
        VALUES (${provider}, ${model}, 0, 0, '', false) ON CONFLICT DO NOTHING`;
      const [row] = await tx.$queryRaw<(StoredCircuit & { forgotten: boolean })[]>`
        SELECT ${columns}, retry_at IS NULL AND NOT (${isWithin(Prisma.sql`failed_at`, FORGET_MS)}) AS forgotten
        FROM model_circuits WHERE provider = ${provider} AND model = ${model}
        FOR UPDATE`;
      const before = row && row.failures > 0 && !row.forgotten ? row : null;
      const after = next(before);
      if (!after) return { before, after };
      await tx.$executeRaw`
        UPDATE model_circuits
        SET failures = ${after.failures}, trips = ${after.trips}, code = ${after.code}, lasting = ${after.lasting},
            failed_at = clock_timestamp(),
            retry_at = clock_timestamp() + ${after.waitMs}::float8 * interval '1 ms'
        WHERE provider = ${provider} AND model = ${model}`;
      return { before, after: { ...after, provider, model } };
    });
  }

  /** Takes the right to try an open circuit that is due, for `forMs`. @returns false if another worker has it */
  async claimProbe({ provider, model }: ModelTarget, forMs: number): Promise<boolean> {
    const claimed = await this.prisma.$executeRaw`
      UPDATE model_circuits
      SET failed_at = clock_timestamp(), retry_at = clock_timestamp() + ${forMs} * interval '1 ms'
      WHERE provider = ${provider} AND model = ${model} AND retry_at IS NOT NULL AND ${isDue(open)}`;
    return claimed === 1;
  }

  /** Releases the right after an aborted probe, which proves nothing: the next worker may try at once. */
  async giveBackProbe({ provider, model }: ModelTarget): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE model_circuits SET retry_at = clock_timestamp()
      WHERE provider = ${provider} AND model = ${model} AND retry_at IS NOT NULL`;
  }

  /** Closes the circuit after a success. @returns whether it was open */
  async close({ provider, model }: ModelTarget): Promise<boolean> {
    const closed = await this.prisma.$queryRaw<{ open: boolean }[]>`
      DELETE FROM model_circuits WHERE provider = ${provider} AND model = ${model}
      RETURNING retry_at IS NOT NULL AS open`;
    return closed[0]?.open ?? false;
  }

  /** Forgets failures that are not in a row; a circuit that opened meanwhile stays open. */
  async forget({ provider, model }: ModelTarget): Promise<void> {
    await this.prisma.$executeRaw`
      DELETE FROM model_circuits WHERE provider = ${provider} AND model = ${model} AND retry_at IS NULL`;
  }
}

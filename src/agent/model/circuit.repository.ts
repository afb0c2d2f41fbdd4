import { Injectable } from '@nestjs/common';
import type { ModelTarget } from '../../config/model-target.js';
import { type Deferral, isDue, isWithin, waitMsOf } from '../../database/deferred.js';
import { PrismaService } from '../../database/prisma.service.js';
import { Prisma } from '../../generated/prisma/client.js';
import { type Circuit, FORGET_MS } from './circuit.js';

export interface StoredCircuit extends ModelTarget, Circuit {}

/** Since when, and until when, a model is not asked. */
const open: Deferral = { since: Prisma.sql`failed_at`, until: Prisma.sql`retry_at` };

const columns = Prisma.sql`
  provider, model, failures, trips, code, lasting,
  CASE WHEN retry_at IS NOT NULL THEN ${waitMsOf(open)} END AS "waitMs"`;

/** The circuits in the database, by its clock. A model that does well has no row and costs no write. */
@Injectable()
export class CircuitRepository {
  constructor(private readonly prisma: PrismaService) {}

  all(): Promise<StoredCircuit[]> {
    return this.prisma.$queryRaw<StoredCircuit[]>`SELECT ${columns} FROM model_circuits`;
  }

  /**
   * Lets `next` decide what becomes of a circuit, one failure after the other; null leaves it as it is. Before a first
   * failure, and where the last one of a closed circuit is forgotten, `next` gets null.
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

  /** Takes the right to try an open circuit that is due, for `forMs`. @returns false where another worker has it */
  async claimProbe({ provider, model }: ModelTarget, forMs: number): Promise<boolean> {
    const claimed = await this.prisma.$executeRaw`
      UPDATE model_circuits
      SET failed_at = clock_timestamp(), retry_at = clock_timestamp() + ${forMs} * interval '1 ms'
      WHERE provider = ${provider} AND model = ${model} AND retry_at IS NOT NULL AND ${isDue(open)}`;
    return claimed === 1;
  }

  /** The probe was broken off and says nothing: the next worker may try at once. */
  async giveBackProbe({ provider, model }: ModelTarget): Promise<void> {
    await this.prisma.$executeRaw`
      UPDATE model_circuits SET retry_at = clock_timestamp()
      WHERE provider = ${provider} AND model = ${model} AND retry_at IS NOT NULL`;
  }

  /** The model does well. @returns whether its circuit was open */
  async close({ provider, model }: ModelTarget): Promise<boolean> {
    const closed = await this.prisma.$queryRaw<{ open: boolean }[]>`
      DELETE FROM model_circuits WHERE provider = ${provider} AND model = ${model}
      RETURNING retry_at IS NOT NULL AS open`;
    return closed[0]?.open ?? false;
  }

  /** The failures were no row: a circuit that opened meanwhile stays open. */
  async forget({ provider, model }: ModelTarget): Promise<void> {
    await this.prisma.$executeRaw`
      DELETE FROM model_circuits WHERE provider = ${provider} AND model = ${model} AND retry_at IS NULL`;
  }
}

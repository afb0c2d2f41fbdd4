import { Injectable } from '@nestjs/common';
import { Prices } from '../../budget/prices.js';
import { PrismaService } from '../../database/prisma.service.js';
import { Prisma, type Step, type StepKind } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { TOOL_OUTCOME_UNKNOWN } from '../tools/unknown-outcome.js';

export interface NewStep {
  readonly turnId: string;
  readonly index: number;
  readonly kind: StepKind;
  readonly name: string;
  readonly requestDigest: string;
  /** JSON: a `ModelAnswer` or a `ToolAnswer`. */
  readonly result: object;
  readonly error: string | null;
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly startedAt: Date;
}

/**
 * The checkpoints of a turn: a step that is here is never done again. A call that must not be made twice is here as soon
 * as it begins, as `TOOL_OUTCOME_UNKNOWN`; what it came to takes the place of that.
 */
@Injectable()
export class StepRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly prices: Prices,
  ) {}

  async of(turnId: string): Promise<Map<number, Step>> {
    const steps = await this.prisma.step.findMany({ where: { turnId }, orderBy: { index: 'asc' } });
    return new Map(steps.map((step) => [step.index, step]));
  }

  /** Has the model asked for tool calls that are not made yet, or not ended? */
  async awaitsTools(turnId: string): Promise<boolean> {
    const [last] = await this.prisma.$queryRaw<{ awaits: boolean }[]>`
      SELECT coalesce(jsonb_array_length(m.result -> 'toolCalls'), 0) > (
        SELECT count(*) FROM steps s WHERE s.turn_id = m.turn_id AND s.index > m.index) AS awaits
      FROM steps m WHERE m.turn_id = ${turnId}::uuid AND m.kind = 'model'
      ORDER BY m.index DESC LIMIT 1`;
    return last?.awaits ?? false;
  }

  /**
   * Commits a finished step before the next begins, or a call that must not be made twice before it is made; repeatable.
   * @throws LeaseLostError
   */
  async add(lease: Lease, step: NewStep): Promise<void> {
    const { kind, name, inputTokens, outputTokens } = step;
    const microUsd = kind === 'model' ? this.prices.cost(name, inputTokens, outputTokens) : 0n;
    const data = [{ ...step, result: toJson(step.result), microUsd }];
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.step.createMany({ data, skipDuplicates: true });
    });
  }

  /** Commits what a call came to whose outcome was unknown so far; repeatable. @throws LeaseLostError */
  async settle(lease: Lease, { turnId, index, result, error }: NewStep): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.step.update({
        where: { turnId_index: { turnId, index } },
        data: { result: toJson(result), error, endedAt: new Date() },
      });
    });
  }

  /** A call that was to begin did not: as if it had never been a step; repeatable. @throws LeaseLostError */
  async takeBack(lease: Lease, { turnId, index }: NewStep): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.step.deleteMany({ where: { turnId, index, error: TOOL_OUTCOME_UNKNOWN } });
    });
  }
}

function toJson(result: object): Prisma.InputJsonObject {
  const json: Prisma.InputJsonObject = JSON.parse(JSON.stringify(result));
  return json;
}

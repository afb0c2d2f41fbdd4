import { Injectable } from '@nestjs/common';
import type { TokenUsage } from '../../budget/amount.js';
import { Prices } from '../../budget/prices.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Prisma, type Step, type StepKind } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import type { ModelAnswer } from '../llm/model-answer.js';
import { TOOL_OUTCOME_UNKNOWN } from '../tools/unknown-outcome.js';

export interface NewStep extends TokenUsage {
  readonly turnId: string;
  readonly index: number;
  readonly kind: StepKind;
  readonly name: string;
  readonly requestDigest: string;
  /** JSON: a `ModelAnswer` or a `ToolAnswer`. */
  readonly result: object;
  readonly error: string | null;
  readonly startedAt: Date;
}

/** A finished model call. */
export interface ModelStep extends NewStep {
  readonly result: ModelAnswer;
  /** Its duration in milliseconds, for the log. */
  readonly tookMs: number;
}

/**
 * The checkpoints of a turn: a recorded step is never done again. A call that must not be made twice is recorded as it
 * begins, as `TOOL_OUTCOME_UNKNOWN`; its outcome replaces that.
 */
@Injectable()
export class StepRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly prices: Prices,
  ) {}

  async findByTurn(turnId: string): Promise<Map<number, Step>> {
    const steps = await this.prisma.step.findMany({ where: { turnId }, orderBy: { index: 'asc' } });
    return new Map(steps.map((step) => [step.index, step]));
  }

  /** Whether the model has asked for tool calls that are not made yet, or not ended. */
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
    await this.leases.writeHeld(lease, this.insertOf(step, Prisma.sql`FROM held`));
  }

  /**
   * The INSERT of a finished step; does nothing if it is recorded already.
   * @param from a FROM of one row, or of none: then it writes nothing
   */
  insertOf(step: NewStep, from: Prisma.Sql): Prisma.Sql {
    const { cachedTokens, cacheWriteTokens, ...row } = step;
    const microUsd =
      row.kind === 'model'
        ? this.prices.cost({ ...row, model: row.name, cachedTokens, cacheWriteTokens })
        : 0n;
    const { turnId, index, kind, name, requestDigest, error, inputTokens, outputTokens, startedAt } = row;
    return Prisma.sql`
      INSERT INTO steps (turn_id, index, kind, name, request_digest, result, error, input_tokens, output_tokens,
                         micro_usd, started_at, ended_at)
      SELECT ${turnId}::uuid, ${index}::int, ${kind}::step_kind, ${name}::text, ${requestDigest}::text,
             ${JSON.stringify(step.result)}::jsonb, ${error}::text, ${inputTokens}::int, ${outputTokens}::int,
             ${microUsd}::bigint, ${startedAt.toISOString()}::timestamptz, ${new Date().toISOString()}::timestamptz
      ${from}
      ON CONFLICT (turn_id, index) DO NOTHING`;
  }

  /** Commits the outcome of a call, unknown so far; repeatable. @throws LeaseLostError */
  async recordResult(lease: Lease, { turnId, index, result, error }: NewStep): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.step.update({
        where: { turnId_index: { turnId, index } },
        data: { result: toJson(result), error, endedAt: new Date() },
      });
    });
  }

  /** Removes the step of a call that did not begin after all; repeatable. @throws LeaseLostError */
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

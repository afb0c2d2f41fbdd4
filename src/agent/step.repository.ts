import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { Prisma, type Step, type StepKind } from '../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../lease/lease.repository.js';

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

/** The checkpoints of a turn: a step that is here is never done again. */
@Injectable()
export class StepRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
  ) {}

  async of(turnId: string): Promise<Map<number, Step>> {
    const steps = await this.prisma.step.findMany({ where: { turnId }, orderBy: { index: 'asc' } });
    return new Map(steps.map((step) => [step.index, step]));
  }

  /** Commits a finished step before the next begins; repeatable. @throws LeaseLostError */
  async add(lease: Lease, step: NewStep): Promise<void> {
    const result: Prisma.InputJsonObject = JSON.parse(JSON.stringify(step.result));
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.step.createMany({ data: [{ ...step, result }], skipDuplicates: true });
    });
  }
}

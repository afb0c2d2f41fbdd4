import { Injectable } from '@nestjs/common';
import { putOffBy } from '../../platform/database/deferred.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { afterDeath, afterHandBack, type DeathPlace } from './turn-deaths.js';
import { EventReader, type Heard } from './event-reader.js';
import type { TurnFailure } from './turn-completion.repository.js';

/**
 * The life of a turn in the database, up to its end (`TurnCompletionRepository`). Every change checks the lease in its own
 * transaction.
 */
@Injectable()
export class TurnRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly reader: EventReader,
    private readonly leases: LeaseRepository,
  ) {}

  /**
   * Counts a takeover by another run.
   * @param excused counted runs that ended in order
   * @throws LeaseLostError
   */
  async takeOver(lease: Lease, turn: Turn, excused = 0): Promise<Turn> {
    const found = turn.state === 'running' ? 1 : 0;
    const died = found === 1 && excused === 0;
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      // A replay was due by any clock; from now on, all events are newer than it.
      if (turn.availableAt.getTime() === 0)
        await tx.$executeRaw`
          UPDATE turns SET available_at = clock_timestamp(), deferred_at = NULL WHERE id = ${turn.id}::uuid`;
      return await tx.turn.update({
        where: { id: turn.id },
        data: {
          state: 'running',
          takeovers: Math.max(0, turn.takeovers + found - excused),
          ...(died ? await this.countDeath(tx, turn, 'shared') : {}),
        },
      });
    });
  }

  /** Counts the death of a process that ran nothing but this turn. @throws LeaseLostError */
  async recordDeath(lease: Lease, turn: Turn): Promise<Turn> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const data = await this.countDeath(tx, turn, 'isolated');
      return await tx.turn.update({ where: { id: turn.id }, data });
    });
  }

  /**
   * Leaves the turn to its next run, because this process is asked to end. That is no takeover and no death; it is
   * counted, because the turn may be the cause.
   * @throws LeaseLostError
   */
  async handBack(lease: Lease, turn: Turn): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const data = afterHandBack(turn, await this.countSteps(tx, turn));
      await tx.turn.updateMany({
        where: { id: turn.id, state: 'running' },
        data: { ...data, state: 'waiting' },
      });
    });
  }

  private async countDeath(tx: Prisma.TransactionClient, turn: Turn, place: DeathPlace) {
    return afterDeath(turn, await this.countSteps(tx, turn), place);
  }

  private countSteps(tx: Prisma.TransactionClient, { id: turnId }: Turn): Promise<number> {
    return tx.step.count({ where: { turnId } });
  }

  /** Finds the turn if it is unfinished and not parked. */
  findUnfinished(turnId: string): Promise<Turn | null> {
    return this.prisma.turn.findFirst({ where: { id: turnId, state: { in: ['waiting', 'running'] } } });
  }

  /** Finds the turn if a run of it is under way. */
  findRunning(turnId: string): Promise<Turn | null> {
    return this.prisma.turn.findFirst({ where: { id: turnId, state: 'running' } });
  }

  /** Reads the content of a turn's events, as `ClaimedTurn.heard`. */
  async readHeard(turnId: string): Promise<(Heard | null)[]> {
    const events = await this.prisma.event.findMany({ where: { turnId }, orderBy: { id: 'asc' } });
    return events.map((event) => this.reader.read(event));
  }

  /**
   * Leaves the turn as it is to its next run, which is then no takeover.
   * @param outageMs the pause after a failure of the database, which is counted
   * @throws LeaseLostError
   */
  async layDown(lease: Lease, turn: Turn, outageMs: number | null = null): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.turn.updateMany({ where: { id: turn.id, state: 'running' }, data: { state: 'waiting' } });
      if (outageMs !== null)
        await tx.$executeRaw`
          UPDATE turns SET outages = outages + 1, ${putOffBy(outageMs)}
          WHERE id = ${turn.id}::uuid AND state = 'waiting'`;
    });
  }

  /** Leaves the turn for another try in `delayMs`. @throws LeaseLostError */
  async postpone(
    lease: Lease,
    turn: Turn,
    failure: TurnFailure,
    delayMs: number,
    spentMs: number,
  ): Promise<void> {
    await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      await tx.turn.update({
        where: { id: turn.id },
        data: {
          state: 'waiting',
          attempts: { increment: 1 },
          spentMs: { increment: spentMs },
          errorCode: failure.code,
          error: failure.error,
          firstError: turn.firstError ?? failure.error,
        },
      });
      await tx.$executeRaw`
        UPDATE turns SET ${putOffBy(delayMs)} WHERE id = ${turn.id}::uuid`;
    });
  }
}

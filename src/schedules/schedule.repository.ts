import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { Prisma, Schedule, ScheduleRun } from '../generated/prisma/client.js';
import { Ids } from '../platform/runtime/ids.js';

/** Planned schedules one conversation may have. */
export const MAX_SCHEDULES = 50;
/** UTF-16 units of a schedule's text. */
export const MAX_SCHEDULE_CHARS = 2_000;

export type NewSchedule = Pick<
  Schedule,
  'conversationId' | 'kind' | 'text' | 'cron' | 'timeZone' | 'nextAt' | 'createdBy' | 'idempotencyKey'
> &
  Partial<Pick<Schedule, 'everyMinutes' | 'missed' | 'overlap'>>;

export type ScheduleChange = Partial<
  Pick<Schedule, 'text' | 'cron' | 'timeZone' | 'everyMinutes' | 'nextAt' | 'missed' | 'overlap'>
>;

/** A conversation that is being erased has no schedules any more. */
const ofNoErased = { conversation: { erasedAt: null } } as const;

/** The schedules of each conversation. */
@Injectable()
export class ScheduleRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly ids: Ids,
  ) {}

  /**
   * Adds a schedule, unless the conversation is `gone` or has `MAX_SCHEDULES` planned (`full`), however many callers
   * add at once. For a known idempotency key it returns the schedule that was made then, whatever its state is now.
   */
  async add(schedule: NewSchedule): Promise<Schedule | 'full' | 'gone'> {
    const { conversationId, idempotencyKey } = schedule;
    return await this.prisma.$transaction(async (tx) => {
      // First, as the eraser does. Callers that add to one conversation take turns: each sees the others' schedules.
      const [exists] = await tx.$queryRaw<unknown[]>`
        SELECT 1 FROM conversations WHERE id = ${conversationId}::uuid AND erased_at IS NULL FOR NO KEY UPDATE`;
      if (!exists) return 'gone';
      const known =
        idempotencyKey === null ? null : await tx.schedule.findUnique({ where: { idempotencyKey } });
      if (known) return known;
      const planned = await tx.schedule.count({ where: { conversationId, state: 'planned' } });
      if (planned >= MAX_SCHEDULES) return 'full';
      const { _max } = await tx.schedule.aggregate({ where: { conversationId }, _max: { number: true } });
      const number = (_max.number ?? 0) + 1;
      return await tx.schedule.create({ data: { ...schedule, id: this.ids.next(), number } });
    });
  }

  findByKey(idempotencyKey: string): Promise<Schedule | null> {
    return this.prisma.schedule.findUnique({ where: { idempotencyKey } });
  }

  find(id: string): Promise<Schedule | null> {
    return this.prisma.schedule.findUnique({ where: { id, ...ofNoErased } });
  }

  /** Its newest times that have come, at most `limit`. */
  runs(scheduleId: string, limit: number): Promise<ScheduleRun[]> {
    return this.prisma.scheduleRun.findMany({
      where: { scheduleId },
      orderBy: { dueAt: 'desc' },
      take: limit,
    });
  }

  /** The conversation's planned schedules, by number: at most `MAX_SCHEDULES`. */
  planned(tx: Prisma.TransactionClient, conversationId: string): Promise<Schedule[]> {
    return tx.schedule.findMany({
      where: { conversationId, state: 'planned' },
      orderBy: { number: 'asc' },
      take: MAX_SCHEDULES,
    });
  }

  /** @returns the cancelled schedule; null if none with this number is planned (any more) */
  async cancel(
    tx: Prisma.TransactionClient,
    conversationId: string,
    number: number,
  ): Promise<Schedule | null> {
    const [cancelled] = await tx.$queryRaw<{ id: string }[]>`
      UPDATE schedules SET state = 'cancelled', ended_at = clock_timestamp()
      WHERE conversation_id = ${conversationId}::uuid AND number = ${number} AND state = 'planned' RETURNING id`;
    return cancelled ? await tx.schedule.findUnique({ where: { id: cancelled.id } }) : null;
  }

  /** @returns the changed schedule; null if it is not planned (any more) */
  async change(id: string, change: ScheduleChange): Promise<Schedule | null> {
    const [changed] = await this.prisma.schedule.updateManyAndReturn({
      where: { id, state: 'planned', ...ofNoErased },
      data: change,
    });
    return changed ?? null;
  }

  /** Deletes it with its record. @returns false if there is none */
  async remove(id: string): Promise<boolean> {
    const { count } = await this.prisma.schedule.deleteMany({ where: { id, ...ofNoErased } });
    return count > 0;
  }
}

import { Injectable } from '@nestjs/common';
import type { Prisma, Schedule } from '../../generated/prisma/client.js';
import { ScheduleRepository } from '../../schedules/schedule.repository.js';
import type { ScheduleLine, I18n } from '../../platform/i18n/i18n.js';
import { describeTime } from '../tools/built-in/current-time.tool.js';
import { cut } from '../tools/tool-output.js';

/** UTF-16 units shown of a schedule's text. */
const SHOWN_CHARS = 120;

/** /schedules: lists schedules, and cancels them. */
@Injectable()
export class ScheduleList {
  constructor(private readonly schedules: ScheduleRepository) {}

  /** Handles the command in the caller's transaction. @returns the answer, in Markdown */
  async handle(
    tx: Prisma.TransactionClient,
    conversationId: string,
    args: string,
    { schedules: i18n, locale }: I18n,
  ): Promise<string> {
    const written = (schedule: Schedule) => i18n.line(lineOf(schedule, locale));
    if (args === '') return await this.list(tx, conversationId, i18n, written);
    const [, digits] = /^cancel\s+#?(\d{1,9})$/i.exec(args) ?? [];
    if (digits === undefined) return i18n.usage;
    const cancelled = await this.schedules.cancel(tx, conversationId, Number(digits));
    return cancelled ? i18n.cancelled(written(cancelled)) : i18n.unknown(Number(digits));
  }

  private async list(
    tx: Prisma.TransactionClient,
    conversationId: string,
    i18n: I18n['schedules'],
    written: (schedule: Schedule) => string,
  ): Promise<string> {
    const planned = await this.schedules.planned(tx, conversationId);
    const [first] = planned;
    return first ? i18n.list(planned.map(written), first.number) : i18n.none;
  }
}

function lineOf({ number, cron, timeZone, nextAt, text }: Schedule, locale: string): ScheduleLine {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const shown = line.length > SHOWN_CHARS ? `${cut(line, SHOWN_CHARS)} …` : line;
  return { number, time: describeTime(nextAt, timeZone, locale), rule: cron, text: shown };
}

import { Injectable } from '@nestjs/common';
import type { Prisma, Schedule } from '../../generated/prisma/client.js';
import { ScheduleRepository } from '../../schedules/schedule.repository.js';
import type { ScheduleLine, Texts } from '../../texts/texts.js';
import { describeTime } from '../tools/built-in/current-time.tool.js';
import { cut } from '../tools/tool-output.js';

/** UTF-16 units that are shown of a schedule's text. */
const SHOWN_CHARS = 120;

/** /schedules: shows what is planned, and cancels it. */
@Injectable()
export class ScheduleList {
  constructor(private readonly schedules: ScheduleRepository) {}

  /** Handles the command in the caller's transaction. @returns what the chat is told, in Markdown */
  async handle(
    tx: Prisma.TransactionClient,
    conversationId: string,
    args: string,
    { schedules: texts, locale }: Texts,
  ): Promise<string> {
    const written = (schedule: Schedule) => texts.line(lineOf(schedule, locale));
    if (args === '') return await this.list(tx, conversationId, texts, written);
    const [, digits] = /^cancel\s+#?(\d{1,9})$/i.exec(args) ?? [];
    if (digits === undefined) return texts.usage;
    const cancelled = await this.schedules.cancel(tx, conversationId, Number(digits));
    return cancelled ? texts.cancelled(written(cancelled)) : texts.unknown(Number(digits));
  }

  private async list(
    tx: Prisma.TransactionClient,
    conversationId: string,
    texts: Texts['schedules'],
    written: (schedule: Schedule) => string,
  ): Promise<string> {
    const planned = await this.schedules.planned(tx, conversationId);
    const [first] = planned;
    return first ? texts.list(planned.map(written), first.number) : texts.none;
  }
}

function lineOf({ number, cron, timeZone, nextAt, text }: Schedule, locale: string): ScheduleLine {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const shown = line.length > SHOWN_CHARS ? `${cut(line, SHOWN_CHARS)} …` : line;
  return { number, time: describeTime(nextAt, timeZone, locale), rule: cron, text: shown };
}

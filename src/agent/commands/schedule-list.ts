import { Injectable } from '@nestjs/common';
import type { Prisma, Schedule } from '../../generated/prisma/client.js';
import { ScheduleRepository } from '../../schedules/schedule.repository.js';
import { texts } from '../texts.js';
import { describeTime } from '../tools/built-in/current-time.tool.js';
import { cut } from '../tools/tool-output.js';

/** UTF-16 units that are shown of a schedule's text. */
const SHOWN_CHARS = 120;

/** /schedules: shows what is planned, and cancels it. */
@Injectable()
export class ScheduleList {
  constructor(private readonly schedules: ScheduleRepository) {}

  /** Handles the command in the caller's transaction. @returns what the chat is told, in Markdown */
  async handle(tx: Prisma.TransactionClient, conversationId: string, args: string): Promise<string> {
    if (args === '') return await this.list(tx, conversationId);
    const [, digits] = /^cancel\s+#?(\d{1,9})$/i.exec(args) ?? [];
    if (digits === undefined) return texts.schedulesUsage;
    const cancelled = await this.schedules.cancel(tx, conversationId, Number(digits));
    return cancelled ? texts.scheduleCancelled(lineOf(cancelled)) : texts.scheduleUnknown(Number(digits));
  }

  private async list(tx: Prisma.TransactionClient, conversationId: string): Promise<string> {
    const planned = await this.schedules.planned(tx, conversationId);
    const [first] = planned;
    return first ? texts.schedules(planned.map(lineOf), first.number) : texts.schedulesNone;
  }
}

function lineOf({ number, cron, timeZone, nextAt, text }: Schedule): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  const shown = line.length > SHOWN_CHARS ? `${cut(line, SHOWN_CHARS)} …` : line;
  const rule = cron === null ? '' : ` and then by the rule \`${cron}\``;
  return `**${number}**: ${describeTime(nextAt, timeZone)}${rule}: ${shown}`;
}

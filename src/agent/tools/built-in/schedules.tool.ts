import { Injectable } from '@nestjs/common';
import { IsNotEmpty, IsOptional, IsString, IsTimeZone, MaxLength } from 'class-validator';
import { MIN_INTERVAL_MINUTES } from '../../../schedules/rule.js';
import { MAX_SCHEDULE_CHARS } from '../../../schedules/schedule.repository.js';
import { SchedulesService } from '../../../schedules/schedules.service.js';
import type { ToolContext } from '../tool-context.js';
import { Describe, Tool } from '../tool.decorator.js';
import { describeTime } from './current-time.tool.js';

export class RemindMeParameters {
  @Describe('The message that is sent then, word for word, in the language of the user.')
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_SCHEDULE_CHARS)
  text: string;

  @Describe(
    'When: how long from now, e.g. "10m", "2h30m", "1d"; or ISO 8601 with the user’s offset, e.g. ' +
      '"2026-11-03T19:30:00+01:00" (without an offset it is UTC). At most a year ahead.',
  )
  @IsString()
  @IsNotEmpty()
  @MaxLength(64)
  at: string;
}

export class ScheduleParameters {
  @Describe(
    'What you shall do each time, as a request to yourself that makes sense without this conversation.',
  )
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_SCHEDULE_CHARS)
  text: string;

  @Describe(
    'When, as a cron expression of five fields (minute, hour, day of month, month, day of week), e.g. "30 9 * * 1-5". ' +
      `No two times may be closer than ${MIN_INTERVAL_MINUTES} minutes.`,
  )
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  cron: string;

  @Describe('The IANA time zone of the rule, e.g. "Europe/Lisbon". Default: UTC.')
  @IsOptional()
  @IsTimeZone()
  timeZone?: string;
}

/** Lets the agent plan reminders and tasks of its own. */
@Injectable()
export class SchedulesTool {
  constructor(private readonly schedules: SchedulesService) {}

  @Tool({
    name: 'remind_me',
    description:
      'Sends a message to this chat once, at a later time, also after restarts. Use it when asked to remind somebody of ' +
      'something. Returns when it will be sent. The user sees and cancels what is planned with /schedules.',
    parameters: RemindMeParameters,
  })
  async remindMe({ text, at }: RemindMeParameters, context: ToolContext): Promise<string> {
    const { number, nextAt } = await this.schedules.plan({
      ...originOf(context),
      kind: 'reminder',
      text,
      when: { kind: 'once', at },
    });
    return `Planned as number ${number}: it will be sent at ${describeTime(nextAt, 'UTC')}.`;
  }

  @Tool({
    name: 'schedule',
    description:
      'Lets you do something in this chat again and again, at the times of a rule: each time the text is given to you as ' +
      'a new request, and your answer is sent. Returns the first time. For a single message use remind_me. The user sees ' +
      'and cancels what is planned with /schedules.',
    parameters: ScheduleParameters,
  })
  async schedule(
    { text, cron, timeZone = 'UTC' }: ScheduleParameters,
    context: ToolContext,
  ): Promise<string> {
    const planned = await this.schedules.plan({
      ...originOf(context),
      kind: 'task',
      text,
      when: { kind: 'repeatedly', cron, timeZone },
    });
    return `Planned as number ${planned.number}: the first time is ${describeTime(planned.nextAt, planned.timeZone)}.`;
  }
}

const originOf = ({ conversationId, sender, idempotencyKey }: ToolContext) => ({
  conversationId,
  createdBy: sender?.userId ?? null,
  idempotencyKey,
});

import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import {
  IsIn,
  IsInt,
  IsNotEmpty,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import {
  MissedPolicy,
  OverlapPolicy,
  type Schedule,
  ScheduleKind,
  type ScheduleRun,
  ScheduleRunState,
  ScheduleState,
} from '../../generated/prisma/client.js';
import { MIN_INTERVAL_MINUTES } from '../../schedules/rule.js';
import { MAX_SCHEDULE_CHARS } from '../../schedules/schedule.repository.js';
import { PageQuery } from '../listing/page.js';
import { pageOfDtos } from '../listing/page-dto.js';
import { IfGiven } from '../listing/if-given.js';

const kinds = Object.values(ScheduleKind);
const states = Object.values(ScheduleState);
const missedPolicies = Object.values(MissedPolicy);
const overlapPolicies = Object.values(OverlapPolicy);
const runStates = Object.values(ScheduleRunState);
/** A month. */
const MAX_MINUTES = 44_640;

const about = {
  text: `What is sent, or done; at most ${MAX_SCHEDULE_CHARS} characters`,
  at: 'Once: ISO 8601 (without an offset: UTC), or how long from now: 10m, 2h30m, 1d, PT10M. At most a year ahead',
  cron: 'Again and again: five fields, no two times closer than five minutes',
  timeZone: 'Of the cron expression, an IANA name',
  everyMinutes:
    'Again and again, at exact multiples: from `at` on or, without it, from one interval after now',
  missed:
    'Times that passed while no worker was there: none is made up for, the newest one, or all (at most 100)',
  overlap: 'A time of a task that comes while its last one is not done: it is skipped, or waits behind it',
} as const;

export class ScheduleQuery extends PageQuery {
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  conversationId?: string;

  @ApiPropertyOptional({ enum: states })
  @IsOptional()
  @IsIn(states)
  state?: ScheduleState;
}

class ScheduleOptions {
  @ApiPropertyOptional({
    type: 'integer',
    description: about.everyMinutes,
    minimum: MIN_INTERVAL_MINUTES,
    maximum: MAX_MINUTES,
  })
  @IfGiven()
  @IsInt()
  @Min(MIN_INTERVAL_MINUTES)
  @Max(MAX_MINUTES)
  everyMinutes?: number;

  @ApiPropertyOptional({ enum: missedPolicies, description: about.missed })
  @IfGiven()
  @IsIn(missedPolicies)
  missed?: MissedPolicy;

  @ApiPropertyOptional({ enum: overlapPolicies, description: about.overlap })
  @IfGiven()
  @IsIn(overlapPolicies)
  overlap?: OverlapPolicy;
}

/** `at`, or `cron`, or `everyMinutes`. */
export class NewScheduleDto extends ScheduleOptions {
  @ApiProperty({ format: 'uuid' })
  @IsUUID()
  conversationId: string;

  @ApiProperty({ enum: kinds, description: 'reminder: the text is sent; task: the agent does what it says' })
  @IsIn(kinds)
  kind: ScheduleKind;

  @ApiProperty({ description: about.text, maxLength: MAX_SCHEDULE_CHARS })
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_SCHEDULE_CHARS)
  // PostgreSQL's text holds no NUL.
  @Matches(/^[^\0]*$/)
  text: string;

  @ApiPropertyOptional({ type: String, description: about.at, example: '2026-11-03T19:30:00+01:00' })
  @IfGiven()
  @IsString()
  @MaxLength(64)
  at?: string;

  @ApiPropertyOptional({ type: String, description: about.cron, example: '30 9 * * 1-5' })
  @IfGiven()
  @IsString()
  @MaxLength(200)
  cron?: string;

  @ApiPropertyOptional({
    type: String,
    description: about.timeZone,
    default: 'UTC',
    example: 'Europe/Lisbon',
  })
  @IfGiven()
  @IsString()
  @MaxLength(64)
  timeZone?: string;
}

/** Absent fields keep their value. A schedule keeps its kind: once, or by a rule. */
export class ScheduleChangeDto extends ScheduleOptions {
  @ApiPropertyOptional({ type: String, description: about.text, maxLength: MAX_SCHEDULE_CHARS })
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_SCHEDULE_CHARS)
  @Matches(/^[^\0]*$/)
  text?: string;

  @ApiPropertyOptional({ type: String, description: about.at })
  @IfGiven()
  @IsString()
  @MaxLength(64)
  at?: string;

  @ApiPropertyOptional({ type: String, description: about.cron })
  @IfGiven()
  @IsString()
  @MaxLength(200)
  cron?: string;

  @ApiPropertyOptional({ type: String, description: about.timeZone })
  @IfGiven()
  @IsString()
  @MaxLength(64)
  timeZone?: string;
}

/** A schedule, present or past, as the admin API shows it. */
export class ScheduleDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ format: 'uuid' })
  readonly conversationId: string;

  @ApiProperty({ type: 'integer', description: 'What the chat calls it' })
  readonly number: number;

  @ApiProperty({ enum: kinds })
  readonly kind: ScheduleKind;

  @ApiProperty()
  readonly text: string;

  @ApiProperty({ type: String, nullable: true, description: 'null: once, or by an interval' })
  readonly cron: string | null;

  @ApiProperty({ type: 'integer', nullable: true })
  readonly everyMinutes: number | null;

  @ApiProperty({ enum: missedPolicies })
  readonly missed: MissedPolicy;

  @ApiProperty({ enum: overlapPolicies })
  readonly overlap: OverlapPolicy;

  @ApiProperty({ example: 'Europe/Lisbon' })
  readonly timeZone: string;

  @ApiProperty({ enum: states })
  readonly state: ScheduleState;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'null: it has ended' })
  readonly nextAt: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly lastFiredAt: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The channel’s user; null: an operator' })
  readonly createdBy: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly endedAt: string | null;
}

/** A time of a schedule that has come. */
export class ScheduleRunDto {
  @ApiProperty({ type: String, format: 'date-time' })
  readonly dueAt: string;

  @ApiProperty({ enum: runStates })
  readonly state: ScheduleRunState;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why it did not fire',
    example: 'SCHEDULE_OVERLAP',
  })
  readonly code: string | null;
}

/** A schedule with the newest of its times that have come. */
export class ScheduleDetailDto extends ScheduleDto {
  @ApiProperty({ type: [ScheduleRunDto], description: 'The newest first, at most 100' })
  readonly runs: readonly ScheduleRunDto[];
}

export class SchedulePage extends pageOfDtos(ScheduleDto) {}

export type ShownSchedule = Omit<Schedule, 'idempotencyKey'>;

export function toScheduleDto(schedule: ShownSchedule): ScheduleDto {
  return {
    id: schedule.id,
    conversationId: schedule.conversationId,
    number: schedule.number,
    kind: schedule.kind,
    text: schedule.text,
    cron: schedule.cron,
    timeZone: schedule.timeZone,
    everyMinutes: schedule.everyMinutes,
    missed: schedule.missed,
    overlap: schedule.overlap,
    state: schedule.state,
    nextAt: schedule.endedAt ? null : schedule.nextAt.toISOString(),
    lastFiredAt: schedule.lastFiredAt?.toISOString() ?? null,
    createdBy: schedule.createdBy,
    createdAt: schedule.createdAt.toISOString(),
    endedAt: schedule.endedAt?.toISOString() ?? null,
  };
}

export function toScheduleRunDto({ dueAt, state, code }: ScheduleRun): ScheduleRunDto {
  return { dueAt: dueAt.toISOString(), state, code };
}

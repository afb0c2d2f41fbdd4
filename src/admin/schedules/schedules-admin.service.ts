import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { GiveUpError } from '../../platform/errors/errors.js';
import type { Schedule } from '../../generated/prisma/client.js';
import { ScheduleRepository } from '../../schedules/schedule.repository.js';
import { type SchedulePolicy, SchedulesService, type When } from '../../schedules/schedules.service.js';
import { decodeIdCursor, encodeIdCursor } from '../listing/cursor.js';
import { pageOf } from '../listing/page.js';
import {
  type NewScheduleDto,
  type ScheduleChangeDto,
  type ScheduleDetailDto,
  type ScheduleDto,
  type SchedulePage,
  type ScheduleQuery,
  toScheduleDto,
  toScheduleRunDto,
} from './schedule.dto.js';
import { ScheduleListingRepository } from './schedule-listing.repository.js';

/** The newest times of a schedule that are shown with it. */
const SHOWN_RUNS = 100;

/** Lists and changes schedules for operators. */
@Injectable()
export class SchedulesAdminService {
  constructor(
    private readonly listing: ScheduleListingRepository,
    private readonly repository: ScheduleRepository,
    private readonly schedules: SchedulesService,
  ) {}

  /** A page of one state may hold fewer than `limit`, even none, and still have a next one. */
  async list({ limit, cursor, conversationId, state }: ScheduleQuery): Promise<SchedulePage> {
    const after = cursor === undefined ? null : decodeIdCursor(cursor);
    const filter = { conversationId: conversationId ?? null, state: state ?? null };
    const rows = await this.listing.rows(filter, after, limit + 1);
    const page = pageOf(rows, limit, toScheduleDto, ({ id }) => encodeIdCursor(id));
    if (page.nextCursor !== null || filter.state === null) return page;
    const end = await this.listing.endOfScan(filter, after);
    return end === null ? page : { ...page, nextCursor: encodeIdCursor(end) };
  }

  async get(id: string): Promise<ScheduleDetailDto> {
    const schedule = await this.findOrFail(id);
    const runs = await this.repository.runs(id, SHOWN_RUNS);
    return Object.assign(toScheduleDto(schedule), { runs: runs.map(toScheduleRunDto) });
  }

  async create({
    conversationId,
    kind,
    text,
    missed,
    overlap,
    ...wish
  }: NewScheduleDto): Promise<ScheduleDto> {
    const when = newWhen(wish);
    const policy = policyOf({ missed, overlap });
    const plan = { conversationId, kind, text, when, policy, createdBy: null, idempotencyKey: null };
    return toScheduleDto(await asHttp(() => this.schedules.plan(plan)));
  }

  async change(id: string, { text, missed, overlap, ...wish }: ScheduleChangeDto): Promise<ScheduleDto> {
    const known = await this.findOrFail(id);
    const when = changedWhen(known, wish);
    const times = when ? await asHttp(() => this.schedules.timesOf(when)) : {};
    const fields = { ...(text !== undefined && { text }), ...policyOf({ missed, overlap }), ...times };
    const changed = await this.repository.change(id, fields);
    if (changed) return toScheduleDto(changed);
    await this.findOrFail(id);
    throw new ConflictException('The schedule has ended');
  }

  async remove(id: string): Promise<void> {
    if (!(await this.repository.remove(id))) throw unknown();
  }

  private async findOrFail(id: string): Promise<Schedule> {
    const schedule = await this.repository.find(id);
    if (!schedule) throw unknown();
    return schedule;
  }
}

type Wish = Pick<ScheduleChangeDto, 'at' | 'cron' | 'timeZone' | 'everyMinutes'>;

function newWhen({ at, cron, timeZone, everyMinutes }: Wish): When {
  if (everyMinutes !== undefined && cron === undefined && timeZone === undefined)
    return { kind: 'interval', everyMinutes, startAt: at ?? null };
  if (at !== undefined && cron === undefined && timeZone === undefined) return { kind: 'once', at };
  if (at === undefined && cron !== undefined && everyMinutes === undefined)
    return { kind: 'repeatedly', cron, timeZone: timeZone ?? 'UTC' };
  throw new BadRequestException(
    'Give at for once, or cron and, if it is not UTC, timeZone, or everyMinutes and, if it does not start with the ' +
      'first of them, at',
  );
}

const policyOf = ({ missed, overlap }: SchedulePolicy): SchedulePolicy => ({
  ...(missed !== undefined && { missed }),
  ...(overlap !== undefined && { overlap }),
});

/** @returns null if the times do not change */
function changedWhen(
  { cron: rule, timeZone: zone, everyMinutes: interval }: Schedule,
  { at, cron, timeZone, everyMinutes }: Wish,
): When | null {
  if (interval !== null) {
    if (cron !== undefined || timeZone !== undefined)
      throw new BadRequestException('This schedule has an interval: it has everyMinutes and at, no cron');
    if (at === undefined && everyMinutes === undefined) return null;
    return { kind: 'interval', everyMinutes: everyMinutes ?? interval, startAt: at ?? null };
  }
  if (everyMinutes !== undefined) throw new BadRequestException('This schedule has no interval');
  if (rule === null) {
    if (cron !== undefined || timeZone !== undefined)
      throw new BadRequestException('This schedule happens once: it has at, no cron and no timeZone');
    return at === undefined ? null : { kind: 'once', at };
  }
  if (at !== undefined)
    throw new BadRequestException('This schedule has a rule: it has cron and timeZone, no at');
  if (cron === undefined && timeZone === undefined) return null;
  return { kind: 'repeatedly', cron: cron ?? rule, timeZone: timeZone ?? zone };
}

/** An invalid schedule, as an answer of the admin API. */
async function asHttp<T>(plan: () => Promise<T>): Promise<T> {
  try {
    return await plan();
  } catch (error) {
    if (!(error instanceof GiveUpError)) throw error;
    if (error.code === 'SCHEDULE_CONVERSATION_GONE')
      throw new NotFoundException('There is no conversation with this id');
    if (error.code === 'SCHEDULES_FULL') throw new ConflictException(error.message);
    throw new BadRequestException(error.message);
  }
}

function unknown(): NotFoundException {
  return new NotFoundException('There is no schedule with this id');
}

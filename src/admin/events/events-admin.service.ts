import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import type { WebhookReplay } from '../../generated/prisma/client.js';
import { RoutingWaker } from '../../queue/routing-waker.js';
import { ReplayRepository } from '../../triggers/replaying/replay.repository.js';
import { eventSourceOf } from '../../triggers/sources/source.js';
import { decodeNumberCursor, encodeNumberCursor } from '../listing/cursor.js';
import { pageOf } from '../listing/page.js';
import type { EventDetailDto, EventDto, EventOutcomeDto, EventPage, EventQuery } from './event.dto.js';
import { type EventFilter, EventListingRepository, type EventRow } from './event-listing.repository.js';
import { type NewEventReplayDto, type EventReplayDto, toEventReplayDto } from './event-replay.dto.js';
import { EventReplayRepository } from './event-replay.repository.js';

/** Lists events for operators, and replays webhooks. */
@Injectable()
export class EventsAdminService {
  constructor(
    private readonly listing: EventListingRepository,
    private readonly replays: EventReplayRepository,
    private readonly manyReplays: ReplayRepository,
    private readonly waker: RoutingWaker,
  ) {}

  /** A filtered page may hold fewer than `limit`, even none, and still have a next one. */
  async list({ limit, cursor, ...query }: EventQuery): Promise<EventPage> {
    const after = cursor === undefined ? null : decodeNumberCursor(cursor);
    const filter = filterOf(query);
    const rows = await this.listing.rows(filter, after, limit + 1);
    const page = pageOf(rows, limit, toEventDto, ({ id }) => encodeNumberCursor(id));
    if (page.nextCursor !== null) return page;
    const end = await this.listing.endOfScan(filter, after);
    return end === null ? page : { ...page, nextCursor: encodeNumberCursor(end) };
  }

  async get(id: bigint): Promise<EventDetailDto> {
    const row = await this.findOrFail(id);
    const [payload, outcomes] = await Promise.all([this.listing.payload(id), this.listing.outcomes(id)]);
    return { ...toEventDto(row), payload, outcomes: outcomes.map(toOutcomeDto) };
  }

  async replay(id: bigint): Promise<EventDto> {
    const { kind } = await this.findOrFail(id);
    if (kind !== 'webhook')
      throw new ConflictException('Only webhooks can be replayed; a dead letter has its own replay');
    const replayed = await this.replays.replay(id);
    if (!replayed) throw new ConflictException('The webhook’s payload or its source is gone');
    this.waker.wake(replayed.source);
    return toEventDto(await this.findOrFail(replayed.id));
  }

  /** Starts a replay of all that passes the filter and is stored by now. */
  async replayMany({ filter, ratePerSecond }: NewEventReplayDto): Promise<EventReplayDto> {
    const { source, trigger, result, from, to } = filter;
    const selection = {
      source: source === undefined ? null : eventSourceOf(source),
      triggerId: trigger ?? null,
      result: result ?? null,
      receivedFrom: timeOf(from),
      receivedTo: timeOf(to),
    };
    return toEventReplayDto(await this.manyReplays.start(selection, ratePerSecond));
  }

  async getReplay(id: string): Promise<EventReplayDto> {
    return foundReplay(await this.manyReplays.find(id));
  }

  /** Ends a replay; the webhooks that it has stored stay. */
  async endReplay(id: string): Promise<EventReplayDto> {
    return foundReplay(await this.manyReplays.end(id));
  }

  private async findOrFail(id: bigint): Promise<EventRow> {
    const row = await this.listing.find(id);
    if (!row) throw new NotFoundException('There is no event with this id');
    return row;
  }
}

function foundReplay(replay: WebhookReplay | null): EventReplayDto {
  if (!replay) throw new NotFoundException('There is no replay with this id');
  return toEventReplayDto(replay);
}

/** @throws BadRequestException */
function timeOf(text: string | undefined): Date | null {
  const time = text === undefined ? null : new Date(text);
  if (time !== null && Number.isNaN(time.getTime()))
    throw new BadRequestException('from and to must be times');
  return time;
}

function filterOf({
  source,
  trigger,
  state,
  conversationId,
  from,
  to,
}: Omit<EventQuery, 'limit' | 'cursor'>): EventFilter {
  return {
    source: source ?? null,
    triggerId: trigger ?? null,
    state: state ?? null,
    conversationId: conversationId ?? null,
    from: timeOf(from),
    to: timeOf(to),
  };
}

function toEventDto(row: EventRow) {
  const { id, source, externalId, kind, state, receivedAt, conversationId, triggerId, turnId } = row;
  return {
    id: id.toString(),
    source,
    externalId,
    kind,
    state,
    reason: reasonOf(row),
    receivedAt: receivedAt.toISOString(),
    conversationId,
    triggerId,
    turnId,
  } satisfies EventDto;
}

function reasonOf({ kind, state, result, code, reason }: EventRow): EventDto['reason'] {
  if (code !== null) return { code, text: reason ?? '' };
  const isUnseen = kind === 'webhook' && state === 'done' && result === null;
  return isUnseen ? { code: 'NO_TRIGGER', text: 'its source had no enabled trigger' } : null;
}

type Outcome = Awaited<ReturnType<EventListingRepository['outcomes']>>[number];

function toOutcomeDto({
  triggerId,
  trigger,
  result,
  code,
  reason,
  key,
  messageEventId,
}: Outcome): EventOutcomeDto {
  return {
    triggerId,
    trigger,
    result,
    reason: code === null ? null : { code, text: reason ?? '' },
    key,
    messageEventId: messageEventId?.toString() ?? null,
  };
}

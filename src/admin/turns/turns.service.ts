import { Injectable, NotFoundException } from '@nestjs/common';
import { decodeIdCursor, encodeIdCursor } from '../listing/cursor.js';
import { pageOf } from '../listing/page.js';
import { toStepDto, toTurnDto, type TurnPage, type TurnQuery, type TurnWithStepsDto } from './turn.dto.js';
import { TurnCancellationService } from './turn-cancellation.service.js';
import { TurnListingRepository } from './turn-listing.repository.js';

/** Lists turns for operators, and stops them. */
@Injectable()
export class TurnsService {
  constructor(
    private readonly listing: TurnListingRepository,
    private readonly canceller: TurnCancellationService,
  ) {}

  /** A page of one state may hold fewer than `limit`, even none, and still have a next one. */
  async list({ limit, cursor, conversationId, state }: TurnQuery): Promise<TurnPage> {
    const after = cursor === undefined ? null : decodeIdCursor(cursor);
    const filter = { conversationId: conversationId ?? null, state: state ?? null };
    const rows = await this.listing.rows(filter, after, limit + 1);
    const page = pageOf(rows, limit, toTurnDto, (turn) => encodeIdCursor(turn.id));
    if (page.nextCursor !== null || filter.state === null) return page;
    const end = await this.listing.endOfScan(filter, after);
    return end === null ? page : { ...page, nextCursor: encodeIdCursor(end) };
  }

  async get(id: string): Promise<TurnWithStepsDto> {
    const turn = await this.listing.find(id);
    if (!turn) throw new NotFoundException('There is no turn with this id');
    return Object.assign(toTurnDto(turn), { steps: turn.steps.map(toStepDto) });
  }

  async cancel(id: string): Promise<TurnWithStepsDto> {
    await this.canceller.cancel(id);
    return await this.get(id);
  }
}

import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { PairingsService } from '../../access/pairings.service.js';
import type { Pairing } from '../../generated/prisma/client.js';
import { LaneWaker } from '../../queue/lane-waker.js';
import { decodeIdCursor, encodeIdCursor } from '../listing/cursor.js';
import { pageOf } from '../listing/page.js';
import { type PairingDto, type PairingPage, type PairingQuery, toPairingDto } from './pairing.dto.js';
import { PairingListingRepository } from './pairing-listing.repository.js';

/** Lists access requests for operators, and decides them. */
@Injectable()
export class PairingsAdminService {
  constructor(
    private readonly listing: PairingListingRepository,
    private readonly pairings: PairingsService,
    private readonly waker: LaneWaker,
  ) {}

  async list({ limit, cursor, state }: PairingQuery): Promise<PairingPage> {
    const after = cursor === undefined ? null : decodeIdCursor(cursor);
    const rows = await this.listing.rows(state ?? null, after, limit + 1);
    return pageOf(rows, limit, toPairingDto, ({ id }) => encodeIdCursor(id));
  }

  async get(id: string): Promise<PairingDto> {
    return toPairingDto(await this.findOrFail(id));
  }

  /** Decides as a button press does, once and in time; the asking chat is notified. */
  async decide(id: string, verdict: 'approved' | 'denied'): Promise<PairingDto> {
    const decided = await this.pairings.decide(id, verdict, { key: 'admin', name: null });
    if (!decided) throw new ConflictException(whyNot(await this.findOrFail(id)));
    this.waker.wake('deliveries', decided.conversationId);
    return toPairingDto(decided);
  }

  private async findOrFail(id: string): Promise<Pairing> {
    const pairing = await this.listing.find(id);
    if (!pairing) throw new NotFoundException('There is no request with this id');
    return pairing;
  }
}

/** Still pending: it has expired, but the sweep has not recorded that yet. */
function whyNot({ state }: Pairing): string {
  return `The request is ${state === 'pending' ? 'expired' : state} already`;
}

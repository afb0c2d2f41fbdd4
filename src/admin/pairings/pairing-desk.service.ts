import { ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { Pairings } from '../../access/pairings.service.js';
import type { Pairing } from '../../generated/prisma/client.js';
import { LaneWaker } from '../../queue/lane-waker.js';
import { decodeIdCursor, encodeIdCursor } from '../listing/cursor.js';
import { pageOf } from '../listing/page.js';
import { type PairingDto, type PairingPage, type PairingQuery, toPairingDto } from './pairing.dto.js';
import { PairingListing } from './pairing-listing.repository.js';

/** Where an operator sees who asks to be let in, and decides. */
@Injectable()
export class PairingDesk {
  constructor(
    private readonly listing: PairingListing,
    private readonly pairings: Pairings,
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

  /** Decides as a press of a button does, once and in time; who asked is told. */
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

/** Pending all the same: its time is over, and the sweep has not come by yet. */
function whyNot({ state }: Pairing): string {
  return `The request is ${state === 'pending' ? 'expired' : state} already`;
}

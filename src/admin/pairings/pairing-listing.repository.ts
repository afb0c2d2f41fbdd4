import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { Pairing, PairingState } from '../../generated/prisma/client.js';

/** Lists access requests for operators, the newest first: the order of their ids. */
@Injectable()
export class PairingListingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` older than the one with the given id. @param state null: any state */
  rows(state: PairingState | null, after: string | null, limit: number): Promise<Pairing[]> {
    return this.prisma.pairing.findMany({
      where: { ...(state && { state }), ...(after !== null && { id: { lt: after } }) },
      orderBy: { id: 'desc' },
      take: limit,
    });
  }

  find(id: string): Promise<Pairing | null> {
    return this.prisma.pairing.findUnique({ where: { id } });
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { AccessSettings } from '../config/access.settings.js';
import { PrismaService } from '../database/prisma.service.js';
import { GiveUpError } from '../errors/errors.js';
import type { PersonRole, Prisma } from '../generated/prisma/client.js';
import { type PairingDecider, Pairings } from './pairings.service.js';
import { type PersonOfChannel, StandingRepository } from './standing.repository.js';

/** What is to be changed; what is not named stays. */
export interface AccessChange {
  /** Null: none. */
  readonly role?: PersonRole | null;
  readonly blocked?: boolean;
}

/** Owners by TELEGRAM_OWNERS are owners as long as they are named there. */
export class OwnerBySettingsError extends GiveUpError {
  constructor() {
    super('OWNER_BY_SETTINGS', 'this person is an owner by TELEGRAM_OWNERS', 'change that setting instead');
  }
}

/** Where operators give roles and block people. */
@Injectable()
export class PeopleAccess {
  private readonly logger = new Logger(PeopleAccess.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly standings: StandingRepository,
    private readonly pairings: Pairings,
    private readonly settings: AccessSettings,
  ) {}

  /**
   * Counts from the next message on. Whoever waits to be let in is let in by a role, and no longer waits when blocked.
   * @throws OwnerBySettingsError
   */
  async change(person: PersonOfChannel, { role, blocked }: AccessChange, by: PairingDecider): Promise<void> {
    const takesAway = (role !== undefined && role !== 'owner') || blocked === true;
    if (takesAway && this.settings.isOwner(person.userId)) throw new OwnerBySettingsError();
    await this.prisma.$transaction(async (tx) => {
      await this.pairings.hold(tx, person.channel, person.userId);
      if (role !== undefined) await this.standings.setRole(tx, person, role);
      if (blocked !== undefined) await this.standings.setBlocked(tx, person, blocked);
      await this.settlePairing(tx, person, { role, blocked }, by);
    });
    this.logger.log({ msg: 'access changed', userId: String(person.userId), role, blocked, by: by.key });
  }

  /**
   * Puts a group out again that was let in; it may ask anew. Who is let in by themselves is still served there.
   * @returns false where it was not let in
   */
  async putOut(channel: string, chatId: bigint, by: PairingDecider): Promise<boolean> {
    const wasIn = await this.standings.expelChat(channel, chatId);
    if (wasIn) this.logger.log({ msg: 'group put out', channel, chatId: String(chatId), by: by.key });
    return wasIn;
  }

  private async settlePairing(
    tx: Prisma.TransactionClient,
    { channel, userId }: PersonOfChannel,
    { role, blocked }: AccessChange,
    by: PairingDecider,
  ): Promise<void> {
    // After the block, so that nobody is told of it.
    if (blocked) await this.pairings.settle(tx, channel, userId, 'denied', by);
    else if (role) await this.pairings.settle(tx, channel, userId, 'approved', by);
  }
}

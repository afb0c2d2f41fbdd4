import { Injectable, Logger } from '@nestjs/common';
import { AccessSettings } from '../channel/access.settings.js';
import type { ChatId } from '../channel/ids.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { GiveUpError } from '../platform/errors/errors.js';
import type { PersonRole, Prisma } from '../generated/prisma/client.js';
import { type PairingDecider, PairingsService } from './pairings.service.js';
import { type PersonOfChannel, AccessGrantRepository } from './access-grant.repository.js';

/** A change of role or block; absent fields stay. */
export interface AccessChange {
  /** Null: none. */
  readonly role?: PersonRole | null;
  readonly blocked?: boolean;
}

/** A person in TELEGRAM_OWNERS stays an owner as long as they are named there. */
export class OwnerBySettingsError extends GiveUpError {
  constructor() {
    super('OWNER_BY_SETTINGS', 'this person is an owner by TELEGRAM_OWNERS', 'change that setting instead');
  }
}

/** Assigns roles and blocks people, for operators. */
@Injectable()
export class PeopleAccess {
  private readonly logger = new Logger(PeopleAccess.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly grants: AccessGrantRepository,
    private readonly pairings: PairingsService,
    private readonly settings: AccessSettings,
  ) {}

  /**
   * Applies from the next message on. A role grants a waiting person access; a block ends their request.
   * @throws OwnerBySettingsError
   */
  async change(person: PersonOfChannel, { role, blocked }: AccessChange, by: PairingDecider): Promise<void> {
    const takesAway = (role !== undefined && role !== 'owner') || blocked === true;
    if (takesAway && this.settings.isOwner(person.userId)) throw new OwnerBySettingsError();
    await this.prisma.$transaction(async (tx) => {
      await this.pairings.hold(tx, person.channel, person.userId);
      if (role !== undefined) await this.grants.setRole(tx, person, role);
      if (blocked !== undefined) await this.grants.setBlocked(tx, person, blocked);
      await this.settlePairing(tx, person, { role, blocked }, by);
    });
    this.logger.log({ msg: 'access changed', userId: person.userId, role, blocked, by: by.key });
  }

  /**
   * Removes a group's access; it may ask anew. Members with their own access are still served there.
   * @returns false if it had no access
   */
  async putOut(channel: string, chatId: ChatId, by: PairingDecider): Promise<boolean> {
    const wasIn = await this.grants.expelChat(channel, chatId);
    if (wasIn) this.logger.log({ msg: 'group put out', channel, chatId, by: by.key });
    return wasIn;
  }

  private async settlePairing(
    tx: Prisma.TransactionClient,
    { channel, userId }: PersonOfChannel,
    { role, blocked }: AccessChange,
    by: PairingDecider,
  ): Promise<void> {
    // After the block, so that no notice is sent.
    if (blocked) await this.pairings.closeOpenRequest(tx, channel, userId, 'denied', by);
    else if (role) await this.pairings.closeOpenRequest(tx, channel, userId, 'approved', by);
  }
}

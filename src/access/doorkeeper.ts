import { Injectable } from '@nestjs/common';
import { Channel, type Received } from '../channel/channel.js';
import { AccessSettings } from '../config/access.settings.js';
import type { Prisma } from '../generated/prisma/client.js';
import {
  decideAccess,
  isDecider,
  placeOf,
  type Standing,
  unknownStanding,
  type Verdict,
} from './access-decision.js';
import { type PersonOfChannel, StandingRepository } from './standing.repository.js';

/** Who speaks, and where. */
export type Origin = Pick<Received, 'channel' | 'chat' | 'sender'>;

/** Says what becomes of what people say: by the settings, and by what operators decided about them. */
@Injectable()
export class Doorkeeper {
  constructor(
    private readonly channel: Channel,
    private readonly standings: StandingRepository,
    private readonly settings: AccessSettings,
  ) {}

  /**
   * For each origin, in order, at this moment.
   * @param origins of one channel
   * @param db the caller's transaction, where there is one
   */
  async verdictsOn(origins: readonly Origin[], db?: Prisma.TransactionClient): Promise<Verdict[]> {
    const ids = new Set(origins.flatMap((origin) => [personOf(origin) ?? [], origin.chat.chatId].flat()));
    const [first] = origins;
    if (!first) return [];
    const known = await this.standings.of(first.channel, [...ids], db);
    return origins.map((origin) => {
      const { chat } = origin;
      const admission = this.channel.admission(origin);
      return decideAccess({
        admission,
        person: known.get(personOf(origin) ?? 0n) ?? unknownStanding,
        chat: known.get(chat.chatId) ?? unknownStanding,
        place: placeOf(chat),
      });
    });
  }

  async verdictOn(origin: Origin, db: Prisma.TransactionClient): Promise<Verdict> {
    const [verdict = 'ignore'] = await this.verdictsOn([origin], db);
    return verdict;
  }

  /** May this person decide about others: an owner or an admin? */
  async decides({ channel, userId }: PersonOfChannel, db: Prisma.TransactionClient): Promise<boolean> {
    const standing = (await this.standings.of(channel, [userId], db)).get(userId);
    return isDecider(this.withSettings(userId, standing ?? unknownStanding));
  }

  private withSettings(userId: bigint, standing: Standing): Standing {
    return this.settings.isOwner(userId) ? { ...standing, role: 'owner' } : standing;
  }
}

/** In a private chat there is one person, even where the channel does not name them. */
function personOf({ sender, chat }: Origin): bigint | null {
  return sender?.userId ?? (chat.type === 'private' ? chat.chatId : null);
}

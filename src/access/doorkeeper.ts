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
   * @param origins of any channels: what several bots hear at one moment is stored at once
   * @param db the caller's transaction, where there is one
   */
  async verdictsOn(origins: readonly Origin[], db?: Prisma.TransactionClient): Promise<Verdict[]> {
    const known = new Map<string, ReadonlyMap<bigint, Standing>>();
    for (const channel of new Set(origins.map((origin) => origin.channel)))
      known.set(channel, await this.standings.of(channel, idsIn(channel, origins), db));
    return origins.map((origin) => this.verdict(origin, known.get(origin.channel) ?? new Map()));
  }

  private verdict(origin: Origin, known: ReadonlyMap<bigint, Standing>): Verdict {
    return decideAccess({
      admission: this.channel.admission(origin),
      person: known.get(personOf(origin) ?? 0n) ?? unknownStanding,
      chat: known.get(origin.chat.chatId) ?? unknownStanding,
      place: placeOf(origin.chat),
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

/** The people and chats of one channel's origins, each once. */
function idsIn(channel: string, origins: readonly Origin[]): bigint[] {
  const own = origins.filter((origin) => origin.channel === channel);
  return [...new Set(own.flatMap((origin) => [personOf(origin) ?? origin.chat.chatId, origin.chat.chatId]))];
}

import { Injectable } from '@nestjs/common';
import { Channel, type Received } from '../channel/channel.js';
import { AccessSettings } from '../channel/access.settings.js';
import { type ChatId, UserId } from '../channel/ids.js';
import type { Prisma } from '../generated/prisma/client.js';
import {
  decideAccess,
  isDecider,
  placeOf,
  type AccessGrant,
  noAccessGrant,
  type AccessDecision,
} from './access-decision.js';
import { type PersonOfChannel, AccessGrantRepository } from './access-grant.repository.js';

/** The sender of a message and its chat. */
export type Origin = Pick<Received, 'channel' | 'chat' | 'sender'>;

/** The grant of a chat; in private it is also the grant of its person, whose id is the chat's. */
export interface ChatGrant {
  readonly channel: string;
  readonly chatId: ChatId;
  readonly grant: AccessGrant;
}

/** Evaluates access: by the settings, and by the grants that operators gave. */
@Injectable()
export class AccessPolicy {
  constructor(
    private readonly channel: Channel,
    private readonly grants: AccessGrantRepository,
    private readonly settings: AccessSettings,
  ) {}

  /**
   * Decides for each origin, in order, at this moment.
   * @param origins of any channels: messages of several bots are stored together
   * @param read the grant of their chat, where it is read already: a person's message in private needs no other
   * @param db the caller's transaction, if there is one
   */
  async evaluateAll(
    origins: readonly Origin[],
    read: ChatGrant | null = null,
    db?: Prisma.TransactionClient,
  ): Promise<AccessDecision[]> {
    const known = new Map<string, ReadonlyMap<ChatId | UserId, AccessGrant>>();
    for (const channel of new Set(origins.map((origin) => origin.channel)))
      known.set(channel, await this.grantsOf(channel, origins, read, db));
    return origins.map((origin) => this.verdict(origin, known.get(origin.channel) ?? new Map()));
  }

  private async grantsOf(
    channel: string,
    origins: readonly Origin[],
    read: ChatGrant | null,
    db?: Prisma.TransactionClient,
  ): Promise<ReadonlyMap<ChatId | UserId, AccessGrant>> {
    const own = read?.channel === channel ? read : null;
    const unread = idsIn(channel, origins).filter((id) => id !== own?.chatId);
    const found = unread.length === 0 ? [] : await this.grants.findByIds(channel, unread, db);
    return new Map([...found, ...(own ? [[own.chatId, own.grant] as const] : [])]);
  }

  private verdict(origin: Origin, known: ReadonlyMap<ChatId | UserId, AccessGrant>): AccessDecision {
    const person = personOf(origin);
    return decideAccess({
      admission: this.channel.admission(origin),
      person: (person !== null && known.get(person)) || noAccessGrant,
      chat: known.get(origin.chat.chatId) ?? noAccessGrant,
      place: placeOf(origin.chat),
    });
  }

  async evaluate(origin: Origin, db: Prisma.TransactionClient): Promise<AccessDecision> {
    const [verdict = 'ignore'] = await this.evaluateAll([origin], null, db);
    return verdict;
  }

  /**
   * True when a blocked person may have written this in the group's own name. The channel does not say which admin did, so
   * one blocked admin silences the group's name. Asks the channel: do not call it inside a transaction.
   */
  async mayHideBlocked(origin: Origin, signal: AbortSignal): Promise<boolean> {
    const { channel } = origin;
    if (!isInChatsName(origin)) return false;
    if (!(await this.grants.anyBlocked(channel, null))) return false;
    const admins = (await this.channel.rights?.adminsOf(origin, signal)) ?? [];
    return await this.grants.anyBlocked(channel, admins);
  }

  /** True for an owner or an admin, who may decide about others. */
  async decides({ channel, userId }: PersonOfChannel, db: Prisma.TransactionClient): Promise<boolean> {
    const grant = (await this.grants.findByIds(channel, [userId], db)).get(userId);
    return isDecider(this.withSettings(userId, grant ?? noAccessGrant));
  }

  private withSettings(userId: UserId, grant: AccessGrant): AccessGrant {
    return this.settings.isOwner(userId) ? { ...grant, role: 'owner' } : grant;
  }
}

/** An anonymous admin of a group has its id. */
export function isInChatsName({ chat, sender }: Origin): boolean {
  return chat.type !== 'private' && sender?.userId === UserId(chat.chatId);
}

/** The person; in a private chat it is known, even if the channel does not name them. */
function personOf({ sender, chat }: Origin): UserId | null {
  return sender?.userId ?? (chat.type === 'private' ? UserId(chat.chatId) : null);
}

/** The people and chats of one channel's origins, each once. */
function idsIn(channel: string, origins: readonly Origin[]): (ChatId | UserId)[] {
  const own = origins.filter((origin) => origin.channel === channel);
  return [...new Set(own.flatMap((origin) => [personOf(origin) ?? origin.chat.chatId, origin.chat.chatId]))];
}

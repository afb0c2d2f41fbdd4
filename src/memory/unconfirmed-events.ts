import { Injectable, Logger } from '@nestjs/common';
import { Channel, type Received } from '../channel/channel.js';
import { messageOf } from '../errors/errors.js';
import type { EventKind } from '../generated/prisma/client.js';
import { ConversationRepository } from './conversation.repository.js';
import type { ChatOfChannel } from './conversation-places.repository.js';
import type { Reviewed } from './unconfirmed-event.repository.js';

/** Events looked at in one statement. */
const BATCH = 500;

/** An event whose lane may be woken now. */
export interface Confirmed {
  readonly conversationId: string;
  readonly kind: EventKind;
}

export interface Review {
  readonly confirmed: readonly Confirmed[];
  /** How many are in a conversation that is locked. */
  readonly locked: number;
  /** How many are in none, and found no place yet. */
  readonly adrift: number;
}

/**
 * Sees to the events that the door stored without a lock on their conversation, because somebody held it: an erasure, a
 * migration. Where the conversation turns out to be gone, its events go to the conversation that their chat has now, in
 * their order; it is made where there is none. Listed in `unconfirmed_events` by the statement that stored them, so that
 * any process may do this at any time; the door does it at once, a part of the sweep does what was left.
 */
@Injectable()
export class UnconfirmedEvents {
  private readonly logger = new Logger(UnconfirmedEvents.name);

  constructor(
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
  ) {}

  /** Looks once at every event of the list. */
  async run(): Promise<Review> {
    const confirmed: Confirmed[] = [];
    let [locked, adrift] = [0, 0];
    let after: string | null = '0';
    while (after !== null) {
      const page = await this.conversations.unconfirmed.review(after, BATCH);
      const found = page.reviewed.filter(({ verdict }) => verdict === 'confirmed');
      const moved = await this.moveToTheirChats(page.reviewed.filter(({ verdict }) => verdict === 'gone'));
      confirmed.push(...found.flatMap(wakeable), ...moved.confirmed);
      adrift += moved.adrift;
      locked += page.reviewed.filter(({ verdict }) => verdict === 'locked').length;
      after = page.next;
    }
    return { confirmed, locked, adrift };
  }

  private async moveToTheirChats(gone: readonly Reviewed[]): Promise<Omit<Review, 'locked'>> {
    if (gone.length === 0) return { confirmed: [], adrift: 0 };
    const inChats = gone.flatMap((event) => this.inItsChat(event));
    await this.forget(inChats.flatMap(({ event, chat }) => (chat && event.waits ? [] : event)));
    const placed = inChats.flatMap(({ event, chat }) => (chat && event.waits ? [{ event, chat }] : []));
    const ids = await this.conversations.resolve(placed.map(({ chat }): ChatOfChannel => chat));
    const attachments = placed.flatMap(({ event: { eventId, kind } }, index) => {
      const conversationId = ids[index];
      return conversationId === undefined ? [] : [{ eventId, kind, conversationId }];
    });
    const attached = new Set(await this.conversations.unconfirmed.attach(attachments));
    const confirmed = attachments.filter(({ eventId }) => attached.has(eventId));
    if (confirmed.length > 0)
      this.logger.log({
        msg: 'events of conversations that are gone moved to new ones',
        events: confirmed.length,
      });
    return { confirmed, adrift: placed.length - confirmed.length };
  }

  /** One whose reading fails stays listed, for a version that can read it, and keeps no other one from its place. */
  private inItsChat(event: Reviewed): { readonly event: Reviewed; readonly chat: Received | null }[] {
    try {
      return [{ event, chat: this.channel.read(event.source, event.payload) }];
    } catch (error) {
      this.logger.error({
        msg: 'event without a place cannot be read',
        eventId: event.eventId,
        error: messageOf(error),
      });
      return [];
    }
  }

  /** Of a dropped event only the record would be left; one that cannot be read (any more) has no chat. */
  private async forget(events: readonly Reviewed[]): Promise<void> {
    if (events.length === 0) return;
    for (const { eventId, waits } of events)
      if (waits) this.logger.error({ msg: 'event without a readable chat erased', eventId });
    await this.conversations.unconfirmed.erase(events.map(({ eventId }) => eventId));
  }
}

function wakeable({ conversationId, kind, waits }: Reviewed): Confirmed[] {
  return conversationId !== null && waits ? [{ conversationId, kind }] : [];
}

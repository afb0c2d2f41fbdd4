import { Injectable, Logger } from '@nestjs/common';
import { Channel, type Received } from '../channel/channel.js';
import { messageOf } from '../platform/errors/errors.js';
import type { EventKind } from '../generated/prisma/client.js';
import { ConversationRepository } from './conversation.repository.js';
import type { ChatOfChannel } from './conversation-places.repository.js';
import type { Reviewed } from './unconfirmed-event.repository.js';

/** Events checked in one statement. */
const BATCH = 500;

/** An event whose lane may be woken now. */
export interface Confirmed {
  readonly conversationId: string;
  readonly kind: EventKind;
}

export interface Review {
  readonly confirmed: readonly Confirmed[];
  /** Events in a locked conversation. */
  readonly locked: number;
  /** Events in no conversation, which got none yet. */
  readonly adrift: number;
}

/**
 * Handles events that were stored while their conversation was locked by an erasure or a chat migration. If the
 * conversation turns out to be gone, its events go to the chat's present conversation, in their order; a missing one is
 * made. The storing statement lists them in `unconfirmed_events`, so any process may do this at any time: the inbox
 * does it at once, a part of the sweep does the rest.
 */
@Injectable()
export class UnconfirmedEvents {
  private readonly logger = new Logger(UnconfirmedEvents.name);

  constructor(
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
  ) {}

  /** Checks every event of the list once. */
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

  /** An event whose reading fails stays listed, for a version that can read it, and holds up no other event. */
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

  /** A dropped event would leave only its record; one that cannot be read (any more) has no chat. */
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

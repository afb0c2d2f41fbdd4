import { Injectable } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import type { ChatDescription, Inbound } from '../../channel/inbound.js';
import { nameOf } from '../../channel/names.js';
import type { Event } from '../../generated/prisma/client.js';
import { markAsPlanned } from '../tools/outside-text.js';
import { readScheduledEvent, SCHEDULE_SOURCE, type ScheduledEvent } from '../../schedules/scheduled-event.js';

/** What an event says to the agent, whichever its source is. */
export interface Heard extends Pick<
  Inbound,
  | 'text'
  | 'sender'
  | 'channelMessageId'
  | 'inBatch'
  | 'attachments'
  | 'isWordless'
  | 'isFromBot'
  | 'isOverheard'
> {
  /** As its source describes it; null where it does not. */
  readonly chat: ChatDescription | null;
  /** Who said it, as shown to the model; null where nobody did. For whom it happens is the `sender`. */
  readonly author: string | null;
}

/** Reads events of every source: what people write in the channel, and what was planned. */
@Injectable()
export class EventReader {
  constructor(private readonly channel: Channel) {}

  /** Total, as `Channel.read`. @returns null for an event that says nothing (any more) */
  read({ source, payload }: Pick<Event, 'source' | 'payload'>): Heard | null {
    if (source === SCHEDULE_SOURCE) return scheduled(readScheduledEvent(payload));
    const inbound = this.channel.read(source, payload);
    return inbound && { ...inbound, author: nameOf(inbound.sender) };
  }
}

function scheduled(event: ScheduledEvent | null): Heard | null {
  if (!event) return null;
  const { number, dueAt, text, sender } = event;
  return {
    text: markAsPlanned(number, dueAt, text),
    sender,
    chat: null,
    channelMessageId: null,
    attachments: [],
    isWordless: false,
    isFromBot: false,
    isOverheard: false,
    inBatch: false,
    author: null,
  };
}

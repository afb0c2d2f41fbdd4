import { Injectable } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { SCHEDULE_SOURCE, TRIGGER_SOURCE } from '../../channel/event-source.js';
import { type ChatDescription, isWritten, type Written } from '../../channel/inbound.js';
import { nameOf } from '../../channel/names.js';
import type { Event } from '../../generated/prisma/client.js';
import { markAsPlanned, markAsTriggered } from '../tools/outside-text.js';
import { readScheduledEvent, type ScheduledEvent } from '../../schedules/scheduled-event.js';
import { type TurnTerms, usualTerms } from '../../triggers/turn-terms.js';
import { readTriggerEvent, type TriggerEvent } from '../../triggers/trigger-event.js';

/** The content of an event for the agent, whatever its source. */
export interface Heard extends Pick<
  Written,
  | 'text'
  | 'sender'
  | 'channelMessageId'
  | 'position'
  | 'quotedAnswer'
  | 'inBatch'
  | 'attachments'
  | 'isWordless'
  | 'isFromBot'
  | 'isGroupContext'
> {
  /** The chat as its source describes it; null if it does not. */
  readonly chat: ChatDescription | null;
  /** The author, as shown to the model; null if there is none. The `sender` is the person for whom it happens. */
  readonly author: string | null;
  /** True for a planned task or a webhook, which no person writes at this moment. */
  readonly isUnwritten: boolean;
  /** For the turn that answers it. */
  readonly terms: TurnTerms;
}

/** Reads events of every source: people's messages in the channel, planned tasks, and webhooks. */
@Injectable()
export class EventReader {
  constructor(private readonly channel: Channel) {}

  /** Never throws, like `Channel.read`. @returns null for an event that says nothing (any more) */
  read({ source, payload }: Pick<Event, 'source' | 'payload'>): Heard | null {
    if (source === SCHEDULE_SOURCE) return scheduled(readScheduledEvent(payload));
    if (source === TRIGGER_SOURCE) return triggered(readTriggerEvent(payload));
    const inbound = this.channel.read(source, payload);
    if (!inbound || !isWritten(inbound)) return null;
    return { ...inbound, author: nameOf(inbound.sender), isUnwritten: false, terms: usualTerms };
  }
}

function scheduled(event: ScheduledEvent | null): Heard | null {
  if (!event) return null;
  const { number, dueAt, text, sender } = event;
  return { ...unwritten, text: markAsPlanned(number, dueAt, text), sender, terms: usualTerms };
}

function triggered(event: TriggerEvent | null): Heard | null {
  if (!event) return null;
  return { ...unwritten, text: markAsTriggered(event, event.text), sender: null, terms: event.terms };
}

/** The fields that are the same for all events that no person writes. */
const unwritten = {
  chat: null,
  channelMessageId: null,
  position: null,
  quotedAnswer: null,
  attachments: [],
  isWordless: false,
  isFromBot: false,
  isGroupContext: false,
  inBatch: false,
  author: null,
  isUnwritten: true,
} satisfies Partial<Heard>;

import { setTimeout as pause } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Doorkeeper } from '../access/doorkeeper.js';
import { Channel, type Received } from '../channel/channel.js';
import { nameOf } from '../channel/names.js';
import { GroupSettings } from '../config/group.settings.js';
import type { ChatOfChannel } from '../memory/conversation-places.repository.js';
import {
  type GroupWishes,
  type NewOverheard,
  OverheardRepository,
  shortened,
} from '../memory/overheard.repository.js';
import { BoundedMap } from '../runtime/bounded-map.js';
import { Clock } from '../runtime/clock.js';
import { ConversationDirectory, type Strangers } from './conversation-directory.js';
import { STORE_TIMEOUT_MS } from './event.repository.js';

/** What became of a message that is not for the bot. `busy`: its group's conversation is locked at this moment. */
type Outcome = 'kept' | 'duplicate' | 'ignored' | 'busy';
/** What is to become of it. */
type Fate = 'answered' | 'kept' | 'ignored';

interface Arrival extends ChatOfChannel {
  /** Set: said among the people of a group, not to the bot. */
  readonly overheard: Received | null;
}

/** A chat that wants nothing is not asked again for so long, in milliseconds. */
const QUIET_FOR_MS = 2_000;
const CAPACITY = 50_000;

/** How often and for how long a message is tried to be kept whose conversation is locked. */
const TRY_EVERY_MS = 50;
const PATIENCE_MS = 2_000;

/** What people of a group say to each other: passed over, kept as context, or answered, as the group wants it. */
@Injectable()
export class Overhearing {
  private readonly quietUntilMs = new BoundedMap<string, number>(CAPACITY);

  constructor(
    private readonly channel: Channel,
    private readonly repository: OverheardRepository,
    private readonly directory: ConversationDirectory,
    private readonly doorkeeper: Doorkeeper,
    private readonly groups: GroupSettings,
    private readonly clock: Clock,
  ) {}

  /** Asks nobody: is it known by itself, or since a moment ago, that nothing is to become of it? */
  isOfNoUse(inbound: Received): boolean {
    if (!inbound.isOverheard) return false;
    if (inbound.channelMessageId === null || this.channel.admission(inbound) === 'refused') return true;
    const until = this.quietUntilMs.get(this.keyOf(inbound));
    return until !== undefined && until > this.clock.monotonicMs();
  }

  /**
   * Keeps those of a batch that are to be kept, before anything that came with them is looked at.
   * @returns what became of each; null for one that is to be stored as an event
   */
  async sift(arrivals: readonly Arrival[]): Promise<(Outcome | null)[]> {
    const overheard = arrivals.flatMap(({ overheard: one }, index) => (one ? [{ one, index }] : []));
    const outcomes = arrivals.map((): Outcome | null => null);
    if (overheard.length === 0) return outcomes;
    const chats = overheard.map(({ one }) => one);
    const wishes = await this.repository.wishesOf(chats, STORE_TIMEOUT_MS);
    const verdicts = await this.doorkeeper.verdictsOn(overheard.map(({ one }) => one));
    const kept: typeof overheard = [];
    for (const [place, { one, index }] of overheard.entries()) {
      const fate = fateOf(wishes[place] ?? null, this.groups.contextMessages);
      // Who is not let in does not speak to the bot here: nothing is said to them.
      const served = verdicts[place] === 'serve';
      if (served && fate === 'answered') continue;
      outcomes[index] = 'ignored';
      if (served && fate === 'kept') kept.push({ one, index });
      if (fate === 'ignored') this.quietUntilMs.set(this.keyOf(one), this.clock.monotonicMs() + QUIET_FOR_MS);
    }
    const stored = await this.keep(kept.map(({ one }) => one));
    for (const [place, { index }] of kept.entries()) outcomes[index] = stored[place] ?? 'ignored';
    return outcomes;
  }

  /**
   * Keeps a `busy` one as soon as its conversation is free, beside the line of those that are stored: nothing else waits
   * for it. It is context only, so what is locked for two seconds goes without.
   */
  async keepLater(message: Received): Promise<Exclude<Outcome, 'busy'>> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      await pause(TRY_EVERY_MS);
      const [outcome = 'ignored'] = await this.keep([message]);
      if (outcome !== 'busy') return outcome;
    }
    return 'ignored';
  }

  private async keep(messages: readonly Received[]): Promise<Outcome[]> {
    if (messages.length === 0) return [];
    const places = await this.directory.locate(messages, everybodyIsWelcome);
    const outcomes = messages.map((): Outcome => 'busy');
    const placed = places.flatMap((place, index) => {
      const message = messages[index];
      return typeof place === 'string' && message ? [{ index, message, conversationId: place }] : [];
    });
    if (placed.length === 0) return outcomes;
    const kept = await this.repository.keep(
      placed.map(({ message, conversationId }) => toOverheard(message, conversationId)),
      STORE_TIMEOUT_MS,
    );
    for (const [position, { index, message }] of placed.entries()) {
      const outcome = kept[position] ?? 'gone';
      if (outcome === 'gone') this.directory.forget(message);
      outcomes[index] = outcome === 'gone' || outcome === 'closed' ? 'ignored' : outcome;
    }
    return outcomes;
  }

  private keyOf({ channel, chat }: Received): string {
    return `${channel}:${chat.chatId}:${chat.threadId}`;
  }
}

/** Nothing that is overheard is an event: none is known, and none waits for its conversation. */
const everybodyIsWelcome: Strangers<Received> = {
  areUnwelcome: () => Promise.resolve([]),
  beforeEntry: () => Promise.resolve(),
};

/** Pure. @param fallback the window of a group that has chosen none */
export function fateOf(wishes: GroupWishes | null, fallback: number): Fate {
  if (wishes === null) return fallback > 0 ? 'kept' : 'ignored';
  if (wishes.isBlocked) return 'ignored';
  if (wishes.answersAll) return 'answered';
  return wishes.window > 0 ? 'kept' : 'ignored';
}

function toOverheard(inbound: Received, conversationId: string): NewOverheard {
  const { sender, text, channelMessageId, isEdit } = inbound;
  return {
    conversationId,
    channelMessageId: channelMessageId ?? 0n,
    author: nameOf(sender),
    text: shortened(text),
    isEdit,
  };
}

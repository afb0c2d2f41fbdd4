import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { Doorkeeper } from '../access/doorkeeper.js';
import { Channel, type Received } from '../channel/channel.js';
import { nameOf } from '../channel/names.js';
import { GroupSettings } from '../config/group.settings.js';
import { messageOf } from '../errors/errors.js';
import type { ChatOfChannel } from '../memory/conversation-places.repository.js';
import {
  type GroupWishes,
  type NewOverheard,
  OverheardRepository,
  shortened,
} from '../memory/overheard.repository.js';
import { BoundedMap } from '../runtime/bounded-map.js';
import { Clock } from '../runtime/clock.js';
import { ConversationDirectory, type Strangers, UNWELCOME } from './conversation-directory.js';
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
/** So many are tried again at once that nobody waits for; more go without. */
const MOST_BESIDE = 100;

/** What people of a group say to each other: passed over, kept as context, or answered, as the group wants it. */
@Injectable()
export class Overhearing implements OnModuleDestroy {
  private readonly logger = new Logger(Overhearing.name);
  private readonly beside = new Set<Promise<unknown>>();
  private readonly quietUntilMs = new BoundedMap<string, number>(CAPACITY);

  /** Nothing that is overheard is an event: none waits for its conversation, and of what was erased a mark is known. */
  private readonly strangers: Strangers<Received> = {
    areUnwelcome: (messages) => this.repository.wereErased(messages, STORE_TIMEOUT_MS),
    beforeEntry: () => Promise.resolve(),
  };

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

  /**
   * As `keepLater`, and nobody waits for it.
   * @returns `ignored` where too many are waiting so
   */
  keepBeside(message: Received): 'kept' | 'ignored' {
    if (this.beside.size >= MOST_BESIDE) return 'ignored';
    const keeping = this.keepLater(message)
      .catch((error: unknown) => this.logger.warn({ msg: 'group context not kept', error: messageOf(error) }))
      .finally(() => this.beside.delete(keeping));
    this.beside.add(keeping);
    return 'kept';
  }

  /** Before the database is left. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.beside);
  }

  private async keep(messages: readonly Received[]): Promise<Outcome[]> {
    if (messages.length === 0) return [];
    const places = await this.directory.locate(messages, this.strangers);
    const outcomes = places.map((place): Outcome => (place === UNWELCOME ? 'ignored' : 'busy'));
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

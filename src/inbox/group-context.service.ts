import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { AccessPolicy } from '../access/access-policy.js';
import { Channel, type Received } from '../channel/channel.js';
import { isWritten, type WrittenInbound } from '../channel/inbound.js';
import { nameOf } from '../channel/names.js';
import { GroupSettings } from '../memory/group.settings.js';
import { messageOf } from '../platform/errors/errors.js';
import type { ChatOfChannel } from '../memory/conversation-places.repository.js';
import {
  type GroupWishes,
  type NewGroupContextMessage,
  GroupContextRepository,
  shortened,
} from '../memory/group-context.repository.js';
import { BoundedMap } from '../platform/runtime/bounded-map.js';
import { Clock } from '../platform/runtime/clock.js';
import { ConversationDirectory, type Strangers, UNWELCOME } from './conversation-directory.js';
import { STORE_TIMEOUT_MS } from './event.repository.js';

/** The outcome for a message that is not for the bot. `busy`: its group's conversation is locked at this moment. */
type Outcome = 'kept' | 'duplicate' | 'ignored' | 'busy';
/** The disposition of such a message. */
type Fate = 'answered' | 'kept' | 'ignored';

interface Arrival extends ChatOfChannel {
  /** Set for a message that people of a group say to each other, not to the bot. */
  readonly groupContext: Received<WrittenInbound> | null;
}

/** How long a chat that wants no context is not asked again, in milliseconds. */
const QUIET_FOR_MS = 2_000;
const CAPACITY = 50_000;

/** How often and for how long a message whose conversation is locked is tried again. */
const TRY_EVERY_MS = 50;
const PATIENCE_MS = 2_000;
/** The most messages that are tried again at once; more are not kept. */
const MOST_BESIDE = 100;

/**
 * Decides about messages that people of a group say to each other: ignored, kept as context, or answered, as the group
 * chose.
 */
@Injectable()
export class GroupContextService implements OnModuleDestroy {
  private readonly logger = new Logger(GroupContextService.name);
  private readonly beside = new Set<Promise<unknown>>();
  private readonly quietUntilMs = new BoundedMap<string, number>(CAPACITY);

  /** Group context is not an event: it waits for no conversation, and an erased group is known by its mark. */
  private readonly strangers: Strangers<Received<WrittenInbound>> = {
    areUnwelcome: (messages) => this.repository.wereErased(messages, STORE_TIMEOUT_MS),
    beforeEntry: () => Promise.resolve(),
  };

  constructor(
    private readonly channel: Channel,
    private readonly repository: GroupContextRepository,
    private readonly directory: ConversationDirectory,
    private readonly accessPolicy: AccessPolicy,
    private readonly groups: GroupSettings,
    private readonly clock: Clock,
  ) {}

  /** Whether the message is to be ignored by what is known without the database. */
  isOfNoUse(inbound: Received): boolean {
    if (!isWritten(inbound) || !inbound.isGroupContext) return false;
    if (inbound.position === null || this.channel.admission(inbound) === 'refused') return true;
    const until = this.quietUntilMs.get(this.keyOf(inbound));
    return until !== undefined && until > this.clock.monotonicMs();
  }

  /**
   * Keeps the context messages of a batch, before anything that came with them is looked at.
   * @returns the outcome of each; null for one that is to be stored as an event
   */
  async sift(arrivals: readonly Arrival[]): Promise<(Outcome | null)[]> {
    const groupContext = arrivals.flatMap(({ groupContext: one }, index) => (one ? [{ one, index }] : []));
    const outcomes = arrivals.map((): Outcome | null => null);
    if (groupContext.length === 0) return outcomes;
    const chats = groupContext.map(({ one }) => one);
    const wishes = await this.repository.wishesOf(chats, STORE_TIMEOUT_MS);
    const verdicts = await this.accessPolicy.evaluateAll(groupContext.map(({ one }) => one));
    const kept: typeof groupContext = [];
    for (const [place, { one, index }] of groupContext.entries()) {
      const fate = fateOf(wishes[place] ?? null, this.groups.contextMessages);
      // A sender without access does not address the bot here, and gets no answer.
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
   * Keeps a `busy` message as soon as its conversation is unlocked, apart from the line of commits: nothing else waits
   * for it. It is only context, so it is lost if the lock lasts two seconds.
   */
  async keepLater(message: Received<WrittenInbound>): Promise<Exclude<Outcome, 'busy'>> {
    const deadline = performance.now() + PATIENCE_MS;
    while (performance.now() < deadline) {
      await pause(TRY_EVERY_MS);
      const [outcome = 'ignored'] = await this.keep([message]);
      if (outcome !== 'busy') return outcome;
    }
    return 'ignored';
  }

  /**
   * As `keepLater`, without a waiting caller.
   * @returns `ignored` when too many are waiting
   */
  keepBeside(message: Received<WrittenInbound>): 'kept' | 'ignored' {
    if (this.beside.size >= MOST_BESIDE) return 'ignored';
    const keeping = this.keepLater(message)
      .catch((error: unknown) => this.logger.warn({ msg: 'group context not kept', error: messageOf(error) }))
      .finally(() => this.beside.delete(keeping));
    this.beside.add(keeping);
    return 'kept';
  }

  /** Before the database connection closes. */
  async onModuleDestroy(): Promise<void> {
    await Promise.all(this.beside);
  }

  private async keep(messages: readonly Received<WrittenInbound>[]): Promise<Outcome[]> {
    if (messages.length === 0) return [];
    const places = await this.directory.locate(messages, this.strangers);
    const outcomes = places.map((place): Outcome => (place === UNWELCOME ? 'ignored' : 'busy'));
    const placed = places.flatMap((place, index) => {
      const message = messages[index];
      return typeof place === 'string' && message ? [{ index, message, conversationId: place }] : [];
    });
    if (placed.length === 0) return outcomes;
    const kept = await this.repository.keep(
      placed.map(({ message, conversationId }) => toGroupContextMessage(message, conversationId)),
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

function toGroupContextMessage(
  inbound: Received<WrittenInbound>,
  conversationId: string,
): NewGroupContextMessage {
  const { kind, sender, text, position } = inbound;
  return {
    conversationId,
    position: position ?? 0n,
    author: nameOf(sender),
    text: shortened(text),
    isEdit: kind === 'edit',
  };
}

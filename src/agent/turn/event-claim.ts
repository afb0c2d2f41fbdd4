import { Injectable, Logger } from '@nestjs/common';
import type { Sender } from '../../channel/inbound.js';
import { AgentSettings } from '../../config/agent.settings.js';
import { BusySettings } from '../../config/busy.settings.js';
import type { Conversation, Message, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { ChatLimiter } from '../../throttling/chat-limiter.js';
import { Corrections } from '../corrections/corrections.repository.js';
import { EventReader, type Heard } from './event-reader.js';
import { quietLeftMs } from '../busy/quiet.js';
import { TokenCounter } from '../context/token-counter.js';
import { type Candidate, TurnRepository, type WaitingEvent } from './turn.repository.js';
import { SCHEDULE_SOURCE } from '../../schedules/scheduled-event.js';
import { type Invited, Uninvited } from './uninvited.js';

/** Turns in a row that answer nobody but other bots: with more, two bots could keep each other busy for ever. */
const MAX_BOT_STREAK = 3;

/** Messages in one turn; more make the next one. */
const MAX_EVENTS = 200;

export type Claimed =
  | { readonly kind: 'turn'; readonly turn: Turn }
  /** @param replied somebody who is not let in was told so */
  | { readonly kind: 'nothing'; readonly replied: boolean }
  /** There is something, but not yet: the chat's rate limit, or more is about to come. */
  | {
      readonly kind: 'later';
      readonly delayMs: number;
      /** Those that wait for the chat's rate limit; none: they wait for more. */
      readonly deferred: readonly Candidate[];
    };

const nothing: Claimed & Ready = { kind: 'nothing', replied: false };

/** What the next turn would own now. */
export type Ready =
  | { readonly kind: 'ready'; readonly candidates: readonly Candidate[] }
  | Exclude<Claimed, { readonly kind: 'turn' }>;

/** A command is handled soon. */
const BEHIND_COMMAND_MS = 250;

/** Decides which of the waiting messages the next turn owns: all of them, as far as limits and budget allow. */
@Injectable()
export class EventClaim {
  private readonly logger = new Logger(EventClaim.name);

  constructor(
    private readonly reader: EventReader,
    private readonly turns: TurnRepository,
    private readonly corrections: Corrections,
    private readonly limiter: ChatLimiter,
    private readonly tokens: TokenCounter,
    private readonly settings: AgentSettings,
    private readonly busy: BusySettings,
    private readonly uninvited: Uninvited,
  ) {}

  /**
   * @param atMost looks at so many of the waiting messages only
   * @throws LeaseLostError, or RetryLaterError while the limit cannot be asked
   */
  async next(lease: Lease, conversation: Conversation, atMost = MAX_EVENTS): Promise<Claimed> {
    const collects = (conversation.busyMode ?? this.busy.mode) === 'collect';
    const ready = await this.ready(lease, conversation, collects ? this.busy.collectQuietMs : 0, atMost);
    if (ready.kind !== 'ready') return ready;
    const [first] = ready.candidates;
    if (first?.event.lateEdit) {
      const turn = await this.corrections.begin(lease, first.event.id);
      if (turn) this.note('turn begun', turn, [first]);
      return turn ? { kind: 'turn', turn } : await this.next(lease, conversation, atMost);
    }
    const turn = await this.turns.begin(lease, conversation, ready.candidates);
    this.note('turn begun', turn, ready.candidates);
    return { kind: 'turn', turn };
  }

  /**
   * Lets the waiting messages into a turn that runs, before the step of this index, as far as the limit allows; those
   * behind a /reset are left to the next turn.
   * @returns their messages in order, maybe none
   * @throws LeaseLostError
   */
  async join(
    lease: Lease,
    conversation: Conversation,
    turn: Turn,
    stepIndex: number,
  ): Promise<readonly Message[]> {
    const ready = await this.ready(lease, conversation, 0);
    if (ready.kind !== 'ready' || ready.candidates[0]?.event.lateEdit) return [];
    const joined = await this.turns.join(lease, conversation, turn, ready.candidates, stepIndex);
    if (joined.length > 0) this.note('turn joined', turn, ready.candidates);
    return joined;
  }

  /**
   * What the turn that goes on in the place of a running one would own besides its events: what the next turn would, as
   * far as it is newer than the running turn, of its epoch, and fits beside its messages. Nothing where no person wrote
   * any of it.
   * @throws as `next`
   */
  async interrupting(lease: Lease, conversation: Conversation, turn: Turn, from: bigint): Promise<Ready> {
    const { candidates } = await this.invited(lease, conversation);
    const [first] = candidates;
    if (!first) return await this.noneOrSoon(conversation);
    // What waited already when the turn began, for the limit or for its replay, has its turn first.
    if (first.event.id < from || first.event.lateEdit) return nothing;
    const readable = upToLateEdit(candidates);
    if (isLoop(conversation, readable)) return nothing;
    const owned = await this.turns.eventsOf(turn.id);
    const spent = owned.reduce((sum, event) => sum + this.tokensOf(this.reader.read(event)), 0);
    const fitting = this.fitting(await this.turns.ofEpoch(null, turn, readable), spent);
    const room = fitting.slice(0, Math.max(0, MAX_EVENTS - owned.length));
    if (!room.some(isByPerson)) return nothing;
    const ready = await this.admitted(conversation, room, 0);
    return ready.kind !== 'ready' || ready.candidates.some(isByPerson) ? ready : nothing;
  }

  /** The line by which a message's lines are joined with those of its turn. */
  private note(msg: string, { id: turnId, conversationId }: Turn, candidates: readonly Candidate[]): void {
    this.logger.log({ msg, conversationId, turnId, updateIds: updateIdsOf(candidates) });
  }

  /** What waits, can be read, and is of people who may talk to the agent: the rest is turned away. */
  private async invited(lease: Lease, conversation: Conversation, atMost = MAX_EVENTS): Promise<Invited> {
    const waiting = await this.turns.waiting(conversation.id, atMost);
    if (waiting.length === 0) return { candidates: [], replied: false };
    const candidates = waiting.map((event) => this.read(event, conversation));
    const unreadable = candidates.filter(({ heard }) => heard === null).map(({ event }) => event.id);
    if (unreadable.length > 0) await this.turns.passOver(lease, unreadable);
    const heard = candidates.filter((candidate) => candidate.heard !== null);
    return await this.uninvited.turnAway(lease, conversation, heard);
  }

  private async ready(
    lease: Lease,
    conversation: Conversation,
    collectMs: number,
    atMost = MAX_EVENTS,
  ): Promise<Ready> {
    const invited = await this.invited(lease, conversation, atMost);
    if (invited.replied && invited.candidates.length === 0) return { kind: 'nothing', replied: true };
    if (invited.candidates.length === 0) return await this.noneOrSoon(conversation);
    const readable = upToLateEdit(invited.candidates);
    if (isLoop(conversation, readable)) {
      await this.turns.passOver(
        lease,
        readable.map(({ event }) => event.id),
      );
      return nothing;
    }
    // First what belongs together, then the limit: it must not be asked for what the turn will not own.
    const fitting = this.withinBudget(await this.turns.upToReset(conversation, readable));
    if (fitting.length === 0) return nothing;
    return await this.admitted(conversation, fitting, collectMs);
  }

  /** Nobody may be read now; behind a command that has come since commands were handled, somebody soon will. */
  private async noneOrSoon({ id }: Conversation): Promise<Ready> {
    const isBehindCommand = await this.turns.hasWaiting(id);
    return isBehindCommand ? { kind: 'later', delayMs: BEHIND_COMMAND_MS, deferred: [] } : nothing;
  }

  /** Those of the candidates that neither a pause nor the chat's limit holds back. */
  private async admitted(
    conversation: Conversation,
    fitting: readonly Candidate[],
    collectMs: number,
  ): Promise<Ready> {
    const quietMs = quietLeftMs(
      fitting.map(({ event, heard }) => ({ ageMs: event.ageMs, inBatch: heard?.inBatch ?? false })),
      collectMs,
    );
    if (quietMs > 0) return { kind: 'later', delayMs: quietMs, deferred: [] };
    const { granted, retryAfterMs } = await this.limiter.admit(
      `${conversation.channel}:${conversation.chatId}`,
      fitting.map(({ event }) => event.id),
    );
    if (granted === 0) return { kind: 'later', delayMs: retryAfterMs, deferred: fitting };
    return { kind: 'ready', candidates: fitting.slice(0, granted) };
  }

  /** Who wrote the newest message of a turn, or had it planned; null where that is no longer known. */
  async senderOf(turn: Turn): Promise<Sender | null> {
    return (await this.newestOf(turn))?.sender ?? null;
  }

  /** The newest message of a turn; null where it is not readable any more. */
  async newestOf(turn: Turn): Promise<Heard | null> {
    const newest = await this.turns.newestEvent(turn.id);
    return newest && this.reader.read(newest);
  }

  /** Everybody who wrote a message of the turn, or had it planned, as far as that is known. */
  async sendersOf(turn: Turn): Promise<readonly Sender[]> {
    const events = await this.turns.eventsOf(turn.id);
    return events.flatMap((event) => this.reader.read(event)?.sender ?? []);
  }

  /** Who alone is behind a turn; null where several people are, or one who is not known. */
  async onlySenderOf(turn: Turn): Promise<bigint | null> {
    const events = await this.turns.eventsOf(turn.id);
    const senders = new Set(events.map((event) => this.reader.read(event)?.sender?.userId ?? null));
    const [only = null] = senders;
    return senders.size === 1 ? only : null;
  }

  /** What is said among the people of a group is for the bot only where the group wants all of it answered. */
  private read(event: WaitingEvent, { answersAll }: Conversation): Candidate {
    const heard = this.reader.read(event);
    return { event, heard: heard?.isOverheard && !answersAll ? null : heard };
  }

  /** In order, until their texts fill half of the context; at least one. */
  private withinBudget(candidates: readonly Candidate[]): readonly Candidate[] {
    const fitting = this.fitting(candidates, 0);
    return fitting.length > 0 ? fitting : candidates.slice(0, 1);
  }

  /** In order, until their texts fill half of the context, of which so many tokens are spent. */
  private fitting(candidates: readonly Candidate[], spent: number): readonly Candidate[] {
    let left = this.settings.contextTokens / 2 - spent;
    const beyond = candidates.findIndex(({ heard }) => {
      left -= this.tokensOf(heard);
      return left < 0;
    });
    return beyond === -1 ? candidates : candidates.slice(0, beyond);
  }

  private tokensOf(heard: Heard | null): number {
    return this.tokens.count(heard?.text ?? '');
  }
}

/** What was planned comes along, but interrupts nobody. */
const isByPerson = ({ event }: Candidate): boolean => event.source !== SCHEDULE_SOURCE;

/** Of those that a person sent; for the log. */
export function updateIdsOf(candidates: readonly Candidate[]): readonly string[] {
  return candidates
    .filter(({ event }) => event.source !== SCHEDULE_SOURCE)
    .map(({ event }) => event.externalId);
}

/** A late edit has a turn of its own, in its place among the others. */
function upToLateEdit(candidates: readonly Candidate[]): readonly Candidate[] {
  const place = candidates.findIndex(({ event }) => event.lateEdit);
  return place === -1 ? candidates : candidates.slice(0, Math.max(1, place));
}

/** Only bots have spoken for too long; the next word of a person lets them in again. */
function isLoop({ botStreak }: Conversation, candidates: readonly Candidate[]): boolean {
  return botStreak >= MAX_BOT_STREAK && candidates.every(({ heard }) => heard?.isFromBot ?? true);
}

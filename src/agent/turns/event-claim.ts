import { Injectable, Logger } from '@nestjs/common';
import { ContextSettings } from '../llm/context.settings.js';
import { BusySettings } from './busy.settings.js';
import type { Conversation, Message, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { ChatLimiter } from '../../platform/throttling/chat-limiter.js';
import { CorrectionsRepository } from './corrections.repository.js';
import { areSameTerms, type TurnTerms, usualTerms } from '../../triggers/turn-terms.js';
import { EventReader, type Heard } from './event-reader.js';
import { quietLeftMs } from './quiet.js';
import { TokenCounter } from '../llm/token-counter.js';
import {
  type Candidate,
  type LaneState,
  LaneStateRepository,
  MAX_EVENTS,
  type WaitingEvent,
} from './lane-state.repository.js';
import { TurnClaimRepository } from './turn-claim.repository.js';
import type { ClaimedTurn, TurnRun } from './turn-run.js';
import { isByPerson as isWrittenByPerson } from '../../channel/event-source.js';
import { type FilteredCandidates, AccessFilter } from './access-filter.js';

/** Turns in a row that answer only other bots: without a limit, two bots could keep each other busy for ever. */
const MAX_BOT_STREAK = 3;

export type Claimed =
  | ({ readonly kind: 'turn' } & ClaimedTurn)
  /** @param replied a person without access was notified */
  | { readonly kind: 'nothing'; readonly replied: boolean }
  /** Messages wait, but not for a turn yet: because of the chat's rate limit, or because more are about to come. */
  | {
      readonly kind: 'later';
      readonly delayMs: number;
      /** The messages that wait for the chat's rate limit; none: they wait for more messages. */
      readonly deferred: readonly Candidate[];
    };

const nothing: Claimed & Ready = { kind: 'nothing', replied: false };

/** The messages that the next turn would own now. */
export type Ready =
  | { readonly kind: 'ready'; readonly candidates: readonly Candidate[] }
  | Exclude<Claimed, { readonly kind: 'turn' }>;

/** The pause behind a command, which is handled soon, and after a change of the messages meanwhile. */
const SOON_MS = 250;

/** A message has changed since it was read, as by an edit: the next look finds it as it is by then. */
const soon: Claimed = { kind: 'later', delayMs: SOON_MS, deferred: [] };

/** A conversation, its waiting messages, and the grant of its chat where it is read already. */
export type LaneMessages = Pick<LaneState, 'conversation' | 'waiting'> &
  Partial<Pick<LaneState, 'chatGrant'>>;

/** Decides which of the waiting messages the next turn owns: all of them, as far as limits and budget allow. */
@Injectable()
export class EventClaim {
  private readonly logger = new Logger(EventClaim.name);

  constructor(
    private readonly reader: EventReader,
    private readonly laneStates: LaneStateRepository,
    private readonly claims: TurnClaimRepository,
    private readonly corrections: CorrectionsRepository,
    private readonly limiter: ChatLimiter,
    private readonly tokens: TokenCounter,
    private readonly settings: ContextSettings,
    private readonly busy: BusySettings,
    private readonly accessFilter: AccessFilter,
  ) {}

  /**
   * @param messages of which the turn may own the first
   * @throws LeaseLostError, or RetryLaterError while the limit cannot be read
   */
  async next(lease: Lease, messages: LaneMessages): Promise<Claimed> {
    const { conversation } = messages;
    const collects = (conversation.busyMode ?? this.busy.mode) === 'collect';
    const collectMs = collects ? this.busy.collectQuietMs : 0;
    const ready = await this.ready(lease, messages, collectMs);
    if (ready.kind !== 'ready') return ready;
    const [first] = ready.candidates;
    if (first?.event.lateEdit) {
      const correction = await this.corrections.begin(lease, first.event.id);
      if (!correction) return soon;
      this.note('turn begun', correction.turn, [first]);
      return { kind: 'turn', ...correction };
    }
    const claimed = await this.claims.begin(lease, conversation, ready.candidates);
    if (!claimed) return soon;
    this.note('turn begun', claimed.turn, ready.candidates);
    return { kind: 'turn', ...claimed };
  }

  /**
   * Lets waiting messages join a running turn, before the step of this index, as far as the limit allows; messages
   * behind a /reset are left to the next turn.
   * @returns their messages in order, maybe none
   * @throws LeaseLostError
   */
  async join(run: TurnRun, stepIndex: number): Promise<readonly Message[]> {
    const { lease, conversation, turn } = run;
    const waiting = await this.laneStates.waiting(conversation.id, MAX_EVENTS);
    const ready = await this.ready(lease, { conversation, waiting }, 0);
    if (ready.kind !== 'ready' || ready.candidates[0]?.event.lateEdit) return [];
    if (!isOnTerms(ready.candidates, run.terms)) return [];
    const { messages, heard } = await this.claims.join(
      lease,
      conversation,
      turn,
      ready.candidates,
      stepIndex,
    );
    run.join(heard);
    if (messages.length > 0) this.note('turn joined', turn, ready.candidates);
    return messages;
  }

  /**
   * Finds the messages that the successor of a running turn would own besides its events: those of the next turn, if
   * they are newer than the running turn, of its epoch, and fit beside its messages. Finds none if no person wrote any
   * of them.
   * @throws as `next`
   */
  async interrupting(run: TurnRun, conversation: Conversation, from: bigint): Promise<Ready> {
    const { lease, turn, heard } = run;
    const waiting = await this.laneStates.waiting(conversation.id, MAX_EVENTS);
    const { candidates } = await this.invited(lease, { conversation, waiting });
    const [first] = candidates;
    if (!first) return await this.noneOrSoon(conversation);
    // Messages that already waited when the turn, or its replay, began have their turn first.
    if (first.event.id < from || first.event.lateEdit) return nothing;
    const readable = upToOthers(candidates);
    if (isLoop(conversation, readable) || !isOnTerms(readable, run.terms)) return nothing;
    const spent = heard.reduce((sum, one) => sum + this.tokensOf(one), 0);
    const fitting = this.fitting(await this.claims.ofEpoch(null, turn, readable), spent);
    const room = fitting.slice(0, Math.max(0, MAX_EVENTS - heard.length));
    if (!room.some(isByPerson)) return nothing;
    const ready = await this.admitted(conversation, room, 0);
    return ready.kind !== 'ready' || ready.candidates.some(isByPerson) ? ready : nothing;
  }

  /** Logs the line that joins a message's log lines with those of its turn. */
  private note(msg: string, { id: turnId, conversationId }: Turn, candidates: readonly Candidate[]): void {
    this.logger.log({ msg, conversationId, turnId, updateIds: updateIdsOf(candidates) });
  }

  /** Finds the waiting, readable messages of people with access; turns the others away. */
  private async invited(
    lease: Lease,
    { conversation, waiting, chatGrant }: LaneMessages,
  ): Promise<FilteredCandidates> {
    if (waiting.length === 0) return { candidates: [], replied: false };
    const candidates = waiting.map((event) => this.read(event, conversation));
    const unreadable = candidates.filter(({ heard }) => heard === null).map(({ event }) => event.id);
    if (unreadable.length > 0) await this.claims.passOver(lease, unreadable);
    const heard = candidates.filter((candidate) => candidate.heard !== null);
    return await this.accessFilter.turnAwayUnadmitted(lease, conversation, heard, chatGrant);
  }

  private async ready(lease: Lease, messages: LaneMessages, collectMs: number): Promise<Ready> {
    const { conversation } = messages;
    const invited = await this.invited(lease, messages);
    if (invited.replied && invited.candidates.length === 0) return { kind: 'nothing', replied: true };
    if (invited.candidates.length === 0) return await this.noneOrSoon(conversation);
    const readable = upToOthers(invited.candidates);
    if (isLoop(conversation, readable)) {
      await this.claims.passOver(
        lease,
        readable.map(({ event }) => event.id),
      );
      return nothing;
    }
    // First the messages that belong together, then the limit: it must not count messages that the turn will not own.
    const fitting = this.withinBudget(await this.claims.upToReset(conversation, readable));
    if (fitting.length === 0) return nothing;
    return await this.admitted(conversation, fitting, collectMs);
  }

  /** The result without a readable message; behind a new command, there soon may be one. */
  private async noneOrSoon({ id }: Conversation): Promise<Ready> {
    const isBehindCommand = await this.laneStates.hasWaiting(id);
    return isBehindCommand ? { kind: 'later', delayMs: SOON_MS, deferred: [] } : nothing;
  }

  /** The candidates that neither a pause nor the chat's limit holds back. */
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

  /** Reads an event; group context is for the bot only if the group wants all messages answered. */
  private read(event: WaitingEvent, { answersAll }: Conversation): Candidate {
    const heard = this.reader.read(event);
    return { event, heard: heard?.isGroupContext && !answersAll ? null : heard };
  }

  /** The first candidates whose texts fill half of the context; at least one. */
  private withinBudget(candidates: readonly Candidate[]): readonly Candidate[] {
    const fitting = this.fitting(candidates, 0);
    return fitting.length > 0 ? fitting : candidates.slice(0, 1);
  }

  /** The first candidates whose texts, with the `spent` tokens, fill half of the context. */
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

/** True for a person's message: others come along, but interrupt no turn. */
const isByPerson = ({ event }: Candidate): boolean => isWrittenByPerson(event);

/** The ids of the updates that people sent; for the log. */
export function updateIdsOf(candidates: readonly Candidate[]): readonly string[] {
  return candidates.filter(isByPerson).map(({ event }) => event.externalId);
}

/** Cuts the candidates at what has a turn of its own, in order: a late edit, and messages on other terms. */
function upToOthers(candidates: readonly Candidate[]): readonly Candidate[] {
  const terms = termsOf(candidates);
  const place = candidates.findIndex(
    ({ event, heard }) => event.lateEdit || !areSameTerms(heard?.terms ?? usualTerms, terms),
  );
  return place === -1 ? candidates : candidates.slice(0, Math.max(1, place));
}

const termsOf = (candidates: readonly Candidate[]): TurnTerms => candidates[0]?.heard?.terms ?? usualTerms;

const isOnTerms = (candidates: readonly Candidate[], terms: TurnTerms): boolean =>
  areSameTerms(termsOf(candidates), terms);

/** Whether only bots have spoken for too long; the next message of a person ends that. */
function isLoop({ botStreak }: Conversation, candidates: readonly Candidate[]): boolean {
  return botStreak >= MAX_BOT_STREAK && candidates.every(({ heard }) => heard?.isFromBot ?? true);
}

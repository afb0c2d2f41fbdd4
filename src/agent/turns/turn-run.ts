import type { TurnBudget } from '../../budget/turn-budget.js';
import type { Sender } from '../../channel/inbound.js';
import type { Conversation, Message, Turn } from '../../generated/prisma/client.js';
import { i18nFor } from '../../platform/i18n/i18n-for.js';
import type { I18n } from '../../platform/i18n/i18n.js';
import type { ToolRules } from '../../memory/tool-rules.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { type TurnTerms, usualTerms } from '../../triggers/turn-terms.js';
import type { Past } from '../context/past.repository.js';
import type { Heard } from './event-reader.js';

/** A turn as it was claimed: its events were read once, and are not read again. */
export interface ClaimedTurn {
  readonly turn: Turn;
  /** The content of its events, oldest first; null for an unreadable one. */
  readonly heard: readonly (Heard | null)[];
  /** The turn's records, if this run has begun it; null: an earlier run may have left others. */
  readonly records: TurnRecords | null;
}

/** The records of a turn that has just begun: it has no steps yet. */
export interface TurnRecords {
  /** The messages that it answers, in order. */
  readonly messages: readonly Message[];
  /** The chat shows a message that its answer replaces. */
  readonly hasDraft: boolean;
  /** The tool rules of everybody who wrote the messages. */
  readonly toolRules: readonly ToolRules[];
  /** The conversation before it. */
  readonly past: Past;
}

/** One run of a turn: its lease, its conversation, and people's messages. Every stage reads it. */
export class TurnRun {
  constructor(
    readonly lease: Lease,
    readonly conversation: Conversation,
    readonly turn: Turn,
    private readonly said: (Heard | null)[],
    /** As `ClaimedTurn.records`. */
    readonly records: TurnRecords | null,
  ) {}

  static forClaim(lease: Lease, conversation: Conversation, { turn, heard, records }: ClaimedTurn): TurnRun {
    const { model } = termsOf(heard);
    const place = model === null ? conversation : { ...conversation, model };
    return new TurnRun(lease, place, turn, [...heard], records);
  }

  /** The content of the turn's events, oldest first; those that joined while it runs are the last. */
  get heard(): readonly (Heard | null)[] {
    return this.said;
  }

  /** The newest message; null if it is unreadable. */
  get newest(): Heard | null {
    return this.said.at(-1) ?? null;
  }

  /** All its messages have the same. */
  get terms(): TurnTerms {
    return termsOf(this.said);
  }

  /** A person waits for its answer. */
  get isAsked(): boolean {
    return this.said.some((one) => !(one?.isUnwritten ?? false));
  }

  get past(): Past | null {
    return this.records?.past ?? null;
  }

  get mayHaveDraft(): boolean {
    return this.records?.hasDraft ?? true;
  }

  /** The author of the newest message, or the planner of a task. */
  get sender(): Sender | null {
    return this.newest?.sender ?? null;
  }

  /** Everybody known who wrote for the turn. */
  get senders(): readonly Sender[] {
    return this.said.flatMap((one) => one?.sender ?? []);
  }

  /** The texts in the sender's language. */
  get i18n(): I18n {
    return i18nFor(this.sender?.languageCode);
  }

  /** The chat's key, which all its topics share. */
  get chat(): string {
    const { channel, chatId } = this.conversation;
    return `${channel}:${chatId}`;
  }

  /** Adds messages that have joined the turn. */
  join(heard: readonly Heard[]): void {
    this.said.push(...heard);
  }

  /** The same run with the turn's present state. */
  withTurn(turn: Turn): TurnRun {
    return new TurnRun(this.lease, this.conversation, turn, this.said, null);
  }

  activate(signal: AbortSignal, budget: TurnBudget): ActiveRun {
    return new ActiveRun(this.lease, this.conversation, this.turn, this.said, this.records, signal, budget);
  }
}

const termsOf = (heard: readonly (Heard | null)[]): TurnTerms =>
  heard.find((one) => one !== null)?.terms ?? usualTerms;

/** A run under way, with its signal and its budget. */
export class ActiveRun extends TurnRun {
  constructor(
    lease: Lease,
    conversation: Conversation,
    turn: Turn,
    said: (Heard | null)[],
    records: TurnRecords | null,
    /** Aborts with the reason when the run has to end. */
    readonly signal: AbortSignal,
    readonly budget: TurnBudget,
  ) {
    super(lease, conversation, turn, said, records);
  }
}

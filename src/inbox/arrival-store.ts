import { Logger } from '@nestjs/common';
import type { Received } from '../channel/channel.js';
import type { WrittenInbound } from '../channel/inbound.js';
import type { ChatLimitSettings } from '../platform/throttling/chat-limit.settings.js';
import { messageOf, RetryLaterError, TurnpikeError } from '../platform/errors/errors.js';
import type { EventKind } from '../generated/prisma/client.js';
import type { ChatOfChannel } from '../memory/conversation-places.repository.js';
import type { UnconfirmedEvents } from '../memory/unconfirmed-events.js';
import type { LaneWaker } from '../queue/lane-waker.js';
import { BacklogGauge } from './backlog-gauge.js';
import { type ConversationDirectory, UNWELCOME } from './conversation-directory.js';
import type { ChatEventKind, EventRepository, StoredEvent } from './event.repository.js';
import { classifyInsertError } from './classify-insert-error.js';
import type { GroupContextService } from './group-context.service.js';
import type { OverflowNotice } from './overflow-notice.js';
import { UnconfirmedWatch } from './unconfirmed-watch.js';

/**
 * The answer to the sender of an update. `ignored`: the bot has no use for it, nothing is stored; `kept`: stored as
 * group context, not answered.
 */
export type Acceptance = (typeof acceptances)[number];

export const acceptances = ['queued', 'duplicate', 'dropped', 'kept', 'ignored'] as const;

/**
 * The outcome of an arrival, or the reason why it is not stored. `busy`: to be kept as context once its conversation is
 * unlocked.
 */
export type Outcome = Acceptance | 'busy' | RetryLaterError;

export interface InboxArrival extends ChatOfChannel {
  readonly externalId: string;
  readonly languageCode: string | null;
  readonly kind: ChatEventKind;
  readonly payload: string;
  /** Set for a message that people of a group say to each other, not to the bot. */
  readonly groupContext: Received<WrittenInbound> | null;
  /** False for a payload that PostgreSQL cannot take: the event is recorded without it, and not processed. */
  readonly storable: boolean;
}

/** Tries after finding the conversation erased between look-up and storing. */
const MAX_TRIES = 3;

export const unstorable = { payload: 'null', storable: false };

/** Makes a batch of arrivals durable. Each gets its own outcome, independent of its neighbours. */
export class ArrivalStore {
  private readonly logger = new Logger(ArrivalStore.name);
  private readonly backlog: BacklogGauge;
  private readonly unconfirmed: UnconfirmedWatch;

  constructor(
    private readonly directory: ConversationDirectory,
    private readonly events: EventRepository,
    private readonly waker: LaneWaker,
    private readonly overflow: OverflowNotice,
    private readonly groupContextService: GroupContextService,
    unconfirmed: UnconfirmedEvents,
    { backlogLimit }: ChatLimitSettings,
  ) {
    this.backlog = new BacklogGauge(backlogLimit, (ids, limit) => events.countWaiting(ids, limit));
    this.unconfirmed = new UnconfirmedWatch(unconfirmed, ({ conversationId, kind }) => {
      this.backlog.forget(conversationId);
      this.wake(kind, conversationId);
    });
  }

  async stop(): Promise<void> {
    await this.unconfirmed.stop();
  }

  /**
   * Answers each arrival, in order: with its outcome, or the reason why it is not stored.
   * @throws RetryLaterError when none is stored
   */
  async commit(arrivals: readonly InboxArrival[], tries = MAX_TRIES): Promise<Outcome[]> {
    try {
      return await this.store(arrivals, tries);
    } catch (error) {
      if (error instanceof TurnpikeError) throw error;
      const fault = classifyInsertError(error);
      // Storing them one by one holds no locks in between, so the same deadlock cannot recur.
      if (fault && arrivals.length > 1) return await this.oneByOne(arrivals, tries);
      if (fault === 'payload' && arrivals.some(({ storable }) => storable)) {
        return await this.commit(
          arrivals.map((arrival) => ({ ...arrival, ...unstorable })),
          tries,
        );
      }
      if (fault === 'locked') return await this.knownOrLocked(arrivals, error);
      this.logger.error({ msg: 'inbox not writable', waiting: arrivals.length, error: messageOf(error) });
      throw new RetryLaterError('INBOX_UNAVAILABLE', 'the update could not be stored', null, null, {
        cause: error,
      });
    }
  }

  /** Stores arrivals one by one, so that one that fails holds up only later ones of its chat. */
  private async oneByOne(arrivals: readonly InboxArrival[], tries: number): Promise<Outcome[]> {
    const outcomes: Outcome[] = [];
    const failed = new Map<string, RetryLaterError>();
    for (const arrival of arrivals) {
      const key = keyOf(arrival);
      const [outcome = locked(null)] = failed.has(key)
        ? [failed.get(key)]
        : await this.commit([arrival], tries);
      if (outcome instanceof RetryLaterError) failed.set(key, outcome);
      outcomes.push(outcome);
    }
    return outcomes;
  }

  /** A change to a stored event, such as a claim, leaves its redelivery a duplicate. */
  private async knownOrLocked(arrivals: readonly InboxArrival[], error: unknown): Promise<Outcome[]> {
    const known = await this.events.areKnown(
      arrivals.map(({ channel: source, externalId }) => ({ source, externalId })),
    );
    return known.map((isKnown) => (isKnown ? 'duplicate' : locked(error)));
  }

  private async store(arrivals: readonly InboxArrival[], tries: number): Promise<Outcome[]> {
    const sifted = await this.groupContextService.sift(arrivals);
    const events = arrivals.filter((_arrival, index) => sifted[index] === null);
    const stored = events.length > 0 ? await this.storeEvents(events, tries) : [];
    let next = 0;
    return sifted.map((outcome) => outcome ?? stored[next++] ?? 'duplicate');
  }

  private async storeEvents(all: readonly InboxArrival[], tries: number): Promise<Outcome[]> {
    const places = await this.directory.locate(all, {
      // A redelivery after an erasure does not bring the chat back.
      areUnwelcome: (strangers) =>
        this.events.areKnown(strangers.map(({ channel: source, externalId }) => ({ source, externalId }))),
      beforeEntry: () => this.unconfirmed.findPlaces(),
    });
    const outcomes = all.map((): Outcome => 'duplicate');
    const welcome = [...all.keys()].filter((index) => places[index] !== UNWELCOME);
    const arrivals = welcome.flatMap((index) => all[index] ?? []);
    const conversationIds = welcome.map((index) => idOf(places[index]));
    const settled = await this.storeIn(arrivals, conversationIds, tries);
    for (const [position, index] of welcome.entries()) outcomes[index] = settled[position] ?? 'duplicate';
    return outcomes;
  }

  /** @param conversationIds of each arrival; null while unknown */
  private async storeIn(
    arrivals: readonly InboxArrival[],
    conversationIds: readonly (string | null)[],
    tries: number,
  ): Promise<Outcome[]> {
    if (arrivals.length === 0) return [];
    const admitted = await this.admit(arrivals, conversationIds);
    const stored = await this.events.store(
      arrivals.map(({ channel, externalId, kind, payload, storable }, index) => ({
        source: channel,
        externalId,
        kind,
        payload,
        conversationId: conversationIds[index] ?? null,
        dropped: !storable || !admitted[index],
      })),
    );
    if (stored.some(({ kind }) => kind === 'unconfirmed')) this.unconfirmed.begin();
    const outcomes = stored.map((event, index) =>
      this.answerArrivals(event, arrivals[index], conversationIds[index] ?? null, admitted[index] ?? true),
    );
    await this.storeGone(arrivals, stored, outcomes, tries);
    return outcomes;
  }

  /** For each arrival, in order: does it fit into its chat's backlog? Commands and edits always do. */
  private async admit(
    arrivals: readonly InboxArrival[],
    conversationIds: readonly (string | null)[],
  ): Promise<boolean[]> {
    const counted = arrivals.map(({ kind }, index) => (kind === 'message' && conversationIds[index]) || null);
    const fits = await this.backlog.admit(counted.flatMap((id) => id ?? []));
    let messages = 0;
    return counted.map((id) => id === null || (fits[messages++] ?? true));
  }

  private answerArrivals(
    event: StoredEvent,
    arrival: InboxArrival | undefined,
    conversationId: string | null,
    admitted: boolean,
  ): Acceptance {
    if (event.kind === 'duplicate' || event.kind === 'gone' || !arrival) return 'duplicate';
    if (!arrival.storable) {
      this.logger.error({ msg: 'update not storable, dropped', ...idsOf(arrival, conversationId) });
      return 'dropped';
    }
    if (!admitted) {
      if (conversationId !== null) this.overflow.tell(conversationId, arrival.languageCode);
      return 'dropped';
    }
    this.logger.log({ msg: 'update queued', ...idsOf(arrival, conversationId) });
    // The lane of an unconfirmed event is woken when its conversation is confirmed.
    if (event.kind === 'inserted' && event.laneIdle && conversationId !== null)
      this.wake(arrival.kind, conversationId);
    return 'queued';
  }

  private wake(kind: EventKind, conversationId: string): void {
    this.waker.wake(kind === 'message' ? 'turns' : 'commands', conversationId);
  }

  /** Arrivals whose conversation was erased after its id was remembered: a new one is made. */
  private async storeGone(
    arrivals: readonly InboxArrival[],
    stored: readonly StoredEvent[],
    outcomes: Outcome[],
    tries: number,
  ): Promise<void> {
    const gone = stored.flatMap((event, index) => (event.kind === 'gone' ? [index] : []));
    if (gone.length === 0) return;
    const again = gone.flatMap((index) => arrivals[index] ?? []);
    for (const arrival of again) this.directory.forget(arrival);
    const settled = tries > 1 ? await this.commitAgain(again, tries - 1) : again.map(() => erased());
    for (const [position, index] of gone.entries()) outcomes[index] = settled[position] ?? 'duplicate';
  }

  /** Their neighbours are stored: the failure concerns these alone. */
  private async commitAgain(arrivals: readonly InboxArrival[], tries: number): Promise<Outcome[]> {
    try {
      return await this.commit(arrivals, tries);
    } catch (error) {
      if (error instanceof RetryLaterError) return arrivals.map(() => error);
      throw error;
    }
  }
}

/** Arrivals of one key keep their order: those that Telegram, too, sends one after the other. */
export const keyOf = ({ channel, chat }: ChatOfChannel): string => `${channel}:${chat.chatId}`;

/** The key that groups an event with its turns and replies. */
const idsOf = ({ channel, chat, externalId }: InboxArrival, conversationId: string | null) => ({
  channel,
  chatId: chat.chatId,
  updateId: externalId,
  conversationId,
});

const idOf = (place: string | symbol | undefined): string | null =>
  typeof place === 'string' ? place : null;

const locked = (cause: unknown): RetryLaterError =>
  new RetryLaterError('INBOX_LOCKED', 'the update is stored or changed at this moment', null, null, {
    cause,
  });

const erased = (): RetryLaterError =>
  new RetryLaterError('CONVERSATION_ERASED', 'the conversation is being erased');

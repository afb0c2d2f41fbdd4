import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Channel, type Received } from '../channel/channel.js';
import { ChatLimitSettings } from '../config/chat-limit.settings.js';
import { messageOf, RetryLaterError, TurnpikeError } from '../errors/errors.js';
import type { EventKind } from '../generated/prisma/client.js';
import type { ChatOfChannel } from '../memory/conversation.repository.js';
import { type Count, Metrics } from '../observability/metrics.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { BacklogGauge } from './backlog-gauge.js';
import { ConversationDirectory } from './conversation-directory.js';
import { EventRepository, STORE_TIMEOUT_MS, type StoredEvent } from './event.repository.js';
import { faultOf } from './fault.js';
import { GroupCommit } from './group-commit.js';
import { Overhearing } from './overhearing.js';
import { OverflowNotice } from './overflow-notice.js';
import { storableJson } from './storable-json.js';
import { UnusedUpdates } from './unused-updates.js';

/**
 * What the sender of an update is told. `ignored`: the bot has no use for it, nothing is stored; `kept`: as context, it is
 * not answered.
 */
export type Acceptance = (typeof acceptances)[number];

const acceptances = ['queued', 'duplicate', 'dropped', 'kept', 'ignored'] as const;

interface Arrival extends ChatOfChannel {
  readonly externalId: string;
  readonly languageCode: string | null;
  readonly kind: EventKind;
  readonly payload: string;
  /** Set: said among the people of a group, not to the bot. */
  readonly overheard: Received | null;
  /** False for a payload that PostgreSQL cannot take: the event is recorded without it, and not processed. */
  readonly storable: boolean;
}

const MEBI = 1024 * 1024;

const unstorable = { payload: 'null', storable: false };

/** Accepts what arrives: durable, deduplicated, in order, and its lane woken. */
@Injectable()
export class Inbox implements OnApplicationBootstrap {
  private readonly logger = new Logger(Inbox.name);
  /** Two lines of commits: while PostgreSQL works on one commit, the next is read. */
  private readonly even = this.newLine();
  private readonly odd = this.newLine();
  private readonly backlog: BacklogGauge;
  private readonly count: Count<Acceptance | 'unavailable'>;

  constructor(
    private readonly channel: Channel,
    private readonly directory: ConversationDirectory,
    private readonly events: EventRepository,
    private readonly waker: LaneWaker,
    private readonly overflow: OverflowNotice,
    private readonly unused: UnusedUpdates,
    private readonly overhearing: Overhearing,
    limits: ChatLimitSettings,
    metrics: Metrics,
  ) {
    const help =
      'Updates that reached the inbox, by what their sender was told; unavailable: to send it again';
    this.count = metrics.counter('updates_total', help, 'outcome', [...acceptances, 'unavailable']);
    this.backlog = new BacklogGauge(limits.backlogLimit, (ids, limit) => events.countWaiting(ids, limit));
  }

  /** Opens the connection and prepares the statement that the first update would otherwise wait for. */
  async onApplicationBootstrap(): Promise<void> {
    await this.events.store([]);
  }

  /**
   * Takes one received payload. `queued` is promised only once the event is committed to PostgreSQL.
   * @param channel of the bot that received it
   * @param payload the parsed body
   * @param text the same as JSON text, stored as it is; null where it cannot be written as text
   * @throws RetryLaterError when it cannot be made durable within five seconds
   */
  async accept(channel: string, payload: unknown, text: string | null): Promise<Acceptance> {
    try {
      const acceptance = await this.take(channel, payload, text);
      this.count(acceptance);
      return acceptance;
    } catch (error) {
      this.count('unavailable');
      throw error;
    }
  }

  private async take(channel: string, payload: unknown, text: string | null): Promise<Acceptance> {
    const inbound = this.channel.read(channel, payload);
    const ignores = !inbound || this.overhearing.isOfNoUse(inbound);
    const accepted = ignores ? 'ignored' : await this.lineOf(inbound).add(this.arrivalOf(inbound, text));
    if (accepted === 'ignored') this.unused.take(channel, payload);
    return accepted;
  }

  private newLine(): GroupCommit<Arrival, Acceptance> {
    return new GroupCommit((arrivals) => this.commit(arrivals), {
      maxBatch: 250,
      maxBatchWeight: 8 * MEBI,
      maxWaiting: 10_000,
      maxWaitingWeight: 64 * MEBI,
      weigh: ({ payload }) => payload.length,
      timeoutMs: STORE_TIMEOUT_MS,
    });
  }

  /** A chat keeps to one line: a message must not overtake an earlier one of its chat. */
  private lineOf({ chat }: Received): GroupCommit<Arrival, Acceptance> {
    return chat.chatId % 2n === 0n ? this.even : this.odd;
  }

  private arrivalOf(inbound: Received, text: string | null): Arrival {
    const payload = storableJson(text);
    const { command, press, happening, stoppedPreview, moved } = inbound;
    const unwritten = (press ?? happening ?? stoppedPreview ?? moved ?? null) !== null;
    const withoutModel = command !== null || unwritten || this.channel.admission(inbound) === 'refused';
    return {
      channel: inbound.channel,
      chat: inbound.chat,
      externalId: inbound.externalId,
      languageCode: inbound.sender?.languageCode ?? null,
      overheard: inbound.isOverheard ? inbound : null,
      kind: inbound.isEdit ? 'edit' : withoutModel ? 'command' : 'message',
      ...(payload === null ? unstorable : { payload, storable: true }),
    };
  }

  private async commit(arrivals: readonly Arrival[]): Promise<Acceptance[]> {
    try {
      return await this.store(arrivals);
    } catch (error) {
      if (error instanceof TurnpikeError) throw error;
      const fault = faultOf(error);
      // Nothing is held while they are stored one by one, so the same deadlock cannot come again.
      if (fault && arrivals.length > 1) return await this.oneByOne(arrivals);
      if (fault === 'payload' && arrivals.some(({ storable }) => storable)) {
        return await this.commit(arrivals.map((arrival) => ({ ...arrival, ...unstorable })));
      }
      this.logger.error({ msg: 'inbox not writable', waiting: arrivals.length, error: messageOf(error) });
      throw new RetryLaterError('INBOX_UNAVAILABLE', 'the update could not be stored', null, null, {
        cause: error,
      });
    }
  }

  /** One arrival that cannot be stored must not keep out those that came with it. */
  private async oneByOne(arrivals: readonly Arrival[]): Promise<Acceptance[]> {
    const outcomes: Acceptance[] = [];
    for (const arrival of arrivals) outcomes.push(...(await this.commit([arrival])));
    return outcomes;
  }

  /** Their conversations were erased since their ids were remembered. */
  private makeAnew(arrivals: readonly Arrival[]): Promise<Acceptance[]> {
    for (const arrival of arrivals) this.directory.forget(arrival);
    return this.commit(arrivals);
  }

  private async store(arrivals: readonly Arrival[]): Promise<Acceptance[]> {
    const sifted = await this.overhearing.sift(arrivals);
    const events = arrivals.filter((_arrival, index) => sifted[index] === null);
    const stored = events.length > 0 ? await this.storeEvents(events) : [];
    let next = 0;
    return sifted.map((outcome) => outcome ?? stored[next++] ?? 'duplicate');
  }

  private async storeEvents(arrivals: readonly Arrival[]): Promise<Acceptance[]> {
    const conversationIds = await this.directory.resolve(arrivals);
    const admitted = await this.admit(arrivals, conversationIds);
    const stored = await this.events.store(
      arrivals.map(({ channel, externalId, kind, payload, storable }, index) => ({
        source: channel,
        externalId,
        kind,
        payload,
        conversationId: conversationIds[index] ?? '',
        dropped: !storable || !admitted[index],
      })),
    );
    const outcomes = stored.map((event, index) =>
      this.settle(event, arrivals[index], conversationIds[index], admitted[index]),
    );
    await this.storeGone(arrivals, stored, outcomes);
    return outcomes;
  }

  /** For each arrival, in order: does it fit into its chat's backlog? Commands and edits always do. */
  private async admit(arrivals: readonly Arrival[], conversationIds: readonly string[]): Promise<boolean[]> {
    const fits = await this.backlog.admit(
      conversationIds.filter((_id, index) => arrivals[index]?.kind === 'message'),
    );
    let messages = 0;
    return arrivals.map(({ kind }) => kind !== 'message' || (fits[messages++] ?? true));
  }

  private settle(
    event: StoredEvent,
    arrival: Arrival | undefined,
    conversationId: string | undefined,
    admitted: boolean | undefined,
  ): Acceptance {
    if (event.kind !== 'inserted' || !arrival || conversationId === undefined) return 'duplicate';
    if (!arrival.storable) {
      this.logger.error({ msg: 'update not storable, dropped', externalId: arrival.externalId });
      return 'dropped';
    }
    if (!admitted) {
      this.overflow.tell(conversationId, arrival.languageCode);
      return 'dropped';
    }
    if (event.laneIdle) this.waker.wake(arrival.kind === 'message' ? 'turns' : 'commands', conversationId);
    return 'queued';
  }

  /** Those whose conversation was erased before the insert saw it. */
  private async storeGone(
    arrivals: readonly Arrival[],
    stored: readonly StoredEvent[],
    outcomes: Acceptance[],
  ): Promise<void> {
    if (!stored.some(({ kind }) => kind === 'gone')) return;
    const gone = stored.flatMap((event, index) => (event.kind === 'gone' ? [index] : []));
    const settled = await this.makeAnew(gone.flatMap((index) => arrivals[index] ?? []));
    for (const [position, index] of gone.entries()) outcomes[index] = settled[position] ?? 'duplicate';
  }
}

import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Channel } from '../channel/channel.js';
import type { Inbound } from '../channel/inbound.js';
import { ChatLimitSettings } from '../config/chat-limit.settings.js';
import { messageOf, RetryLaterError, TurnpikeError } from '../errors/errors.js';
import type { EventKind } from '../generated/prisma/client.js';
import type { ChatOfChannel } from '../memory/conversation.repository.js';
import { LaneWaker } from '../queue/lane-waker.js';
import { BacklogGauge } from './backlog-gauge.js';
import { ConversationDirectory } from './conversation-directory.js';
import { EventRepository, type NewEvent, STORE_TIMEOUT_MS, type StoredEvent } from './event.repository.js';
import { faultOf } from './fault.js';
import { GroupCommit } from './group-commit.js';
import { OverflowNotice } from './overflow-notice.js';

/** What the sender of an update is told. `ignored`: the bot has no use for it, nothing is stored. */
export type Acceptance = 'queued' | 'duplicate' | 'dropped' | 'ignored';

interface Arrival extends ChatOfChannel {
  readonly externalId: string;
  readonly kind: EventKind;
  readonly payload: string;
}

/** Accepts what arrives: durable, deduplicated, in order, and its lane woken. */
@Injectable()
export class Inbox implements OnApplicationBootstrap {
  private readonly logger = new Logger(Inbox.name);
  private readonly commits = new GroupCommit<Arrival, Acceptance>((arrivals) => this.commit(arrivals), {
    maxBatch: 250,
    maxWaiting: 20_000,
    maxInFlight: 2,
    timeoutMs: STORE_TIMEOUT_MS,
  });
  private readonly backlog: BacklogGauge;

  constructor(
    private readonly channel: Channel,
    private readonly directory: ConversationDirectory,
    private readonly events: EventRepository,
    private readonly waker: LaneWaker,
    private readonly overflow: OverflowNotice,
    limits: ChatLimitSettings,
  ) {
    this.backlog = new BacklogGauge(limits.backlogLimit, (id, limit) => events.countWaiting(id, limit));
  }

  /** Opens the connection and prepares the statement that the first update would otherwise wait for. */
  async onApplicationBootstrap(): Promise<void> {
    await this.events.store([]);
  }

  /**
   * Takes one received payload. `queued` is promised only once the event is committed to PostgreSQL.
   * @param payload the parsed body
   * @param text the same as JSON text, stored as it is
   * @throws RetryLaterError when it cannot be made durable within five seconds
   */
  async accept(payload: unknown, text: string): Promise<Acceptance> {
    const inbound = this.channel.read(payload);
    if (!inbound) return 'ignored';
    return await this.commits.add(this.arrivalOf(inbound, text));
  }

  private arrivalOf(inbound: Inbound, text: string): Arrival {
    const withoutModel = inbound.command !== null || !this.channel.admits(inbound);
    return {
      channel: this.channel.name,
      chat: inbound.chat,
      externalId: inbound.externalId,
      kind: withoutModel ? 'command' : 'message',
      payload: storable(text),
    };
  }

  private async commit(arrivals: readonly Arrival[]): Promise<Acceptance[]> {
    try {
      return await this.store(arrivals);
    } catch (error) {
      if (error instanceof TurnpikeError) throw error;
      const fault = faultOf(error);
      if (fault && arrivals.length > 1) return await this.oneByOne(arrivals);
      if (fault === 'conversation') return await this.makeAnew(arrivals);
      if (fault === 'payload') return await this.dropUnstorable(arrivals, error);
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

  /** Its conversation was erased between the look-up and the insert. */
  private async makeAnew(arrivals: readonly Arrival[]): Promise<Acceptance[]> {
    for (const arrival of arrivals) this.directory.forget(arrival);
    return await this.store(arrivals);
  }

  /** PostgreSQL will never take this payload: recorded without it, or Telegram would send it again for a day. */
  private async dropUnstorable(arrivals: readonly Arrival[], error: unknown): Promise<Acceptance[]> {
    for (const { externalId } of arrivals) {
      this.logger.error({ msg: 'update not storable, dropped', externalId, error: messageOf(error) });
    }
    await this.events.store(await this.withoutPayload(arrivals));
    return arrivals.map(() => 'dropped');
  }

  private async withoutPayload(arrivals: readonly Arrival[]): Promise<NewEvent[]> {
    const conversationIds = await this.directory.resolve(arrivals);
    return arrivals.map(({ channel, externalId, kind }, index) => ({
      source: channel,
      externalId,
      kind,
      payload: 'null',
      conversationId: conversationIds[index] ?? '',
      dropped: true,
    }));
  }

  private async store(arrivals: readonly Arrival[], secondTry = false): Promise<Acceptance[]> {
    const conversationIds = await this.directory.resolve(arrivals);
    const admitted = await this.admit(arrivals, conversationIds);
    const stored = await this.events.store(
      arrivals.map(({ channel, externalId, kind, payload }, index) => ({
        source: channel,
        externalId,
        kind,
        payload,
        conversationId: conversationIds[index] ?? '',
        dropped: !admitted[index],
      })),
    );
    const outcomes = stored.map((event, index) =>
      this.settle(event, arrivals[index], conversationIds[index], admitted[index]),
    );
    if (stored.some((event) => event.kind === 'gone') && !secondTry)
      await this.storeAgain(arrivals, stored, outcomes);
    return outcomes;
  }

  private async admit(arrivals: readonly Arrival[], conversationIds: readonly string[]): Promise<boolean[]> {
    const messages = arrivals.flatMap((arrival, index) => (arrival.kind === 'message' ? [index] : []));
    const fits = await this.backlog.admit(messages.map((index) => conversationIds[index] ?? ''));
    const admitted = arrivals.map(() => true);
    for (const [position, index] of messages.entries()) admitted[index] = fits[position] ?? true;
    return admitted;
  }

  private settle(
    event: StoredEvent,
    arrival: Arrival | undefined,
    conversationId: string | undefined,
    admitted: boolean | undefined,
  ): Acceptance {
    if (event.kind !== 'inserted' || !arrival || conversationId === undefined) return 'duplicate';
    if (!admitted) {
      this.overflow.tell(conversationId);
      return 'dropped';
    }
    if (event.laneIdle) this.waker.wake(arrival.kind === 'command' ? 'commands' : 'turns', conversationId);
    return 'queued';
  }

  /** Conversations erased since their id was remembered: made anew, once. */
  private async storeAgain(
    arrivals: readonly Arrival[],
    stored: readonly StoredEvent[],
    outcomes: Acceptance[],
  ): Promise<void> {
    const gone = stored.flatMap((event, index) => (event.kind === 'gone' ? [index] : []));
    const again = gone.flatMap((index) => arrivals[index] ?? []);
    for (const arrival of again) this.directory.forget(arrival);
    const settled = await this.store(again, true);
    for (const [position, index] of gone.entries()) outcomes[index] = settled[position] ?? 'duplicate';
  }
}

/**
 * PostgreSQL's json refuses nothing that JSON.parse took, but its operators refuse an escaped NUL and half a surrogate
 * pair: both are written out of the way here, where one of the rare texts that hold them is found.
 */
function storable(text: string): string {
  if (!/\\u0000|\\ud[89a-f]/i.test(text)) return text;
  return JSON.stringify(
    JSON.parse(text, (_key, value: unknown) => (typeof value === 'string' ? clean(value) : value)),
  );
}

const clean = (value: string): string => value.replaceAll('\u0000', '').toWellFormed();

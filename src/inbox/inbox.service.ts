import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Channel, type Received } from '../channel/channel.js';
import { ChatLimitSettings } from '../config/chat-limit.settings.js';
import { UnconfirmedEvents } from '../memory/unconfirmed-events.js';
import { type Count, Metrics } from '../observability/metrics.js';
import { LaneWaker } from '../queue/lane-waker.js';
import {
  type Acceptance,
  acceptances,
  type Arrival,
  ArrivalStore,
  keyOf,
  unstorable,
} from './arrival-store.js';
import { ConversationDirectory } from './conversation-directory.js';
import { EventRepository, STORE_TIMEOUT_MS } from './event.repository.js';
import { GroupCommit } from './group-commit.js';
import { Overhearing } from './overhearing.js';
import { OverflowNotice } from './overflow-notice.js';
import { storableJson } from './storable-json.js';
import { UnusedUpdates } from './unused-updates.js';

const MEBI = 1024 * 1024;

/** Accepts what arrives: durable, deduplicated, in order, and its lane woken. */
@Injectable()
export class Inbox implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  /** Two lines of commits: while PostgreSQL works on one commit, the next is read. */
  private readonly even = this.newLine();
  private readonly odd = this.newLine();
  private readonly store: ArrivalStore;
  private readonly count: Count<Acceptance | 'unavailable'>;

  constructor(
    private readonly channel: Channel,
    directory: ConversationDirectory,
    private readonly events: EventRepository,
    waker: LaneWaker,
    overflow: OverflowNotice,
    private readonly unused: UnusedUpdates,
    private readonly overhearing: Overhearing,
    limits: ChatLimitSettings,
    metrics: Metrics,
  ) {
    const help =
      'Updates that reached the inbox, by what their sender was told; unavailable: to send it again';
    this.count = metrics.counter('updates_total', help, 'outcome', [...acceptances, 'unavailable']);
    const unconfirmed = new UnconfirmedEvents(channel, directory.conversations);
    this.store = new ArrivalStore(directory, events, waker, overflow, overhearing, unconfirmed, limits);
  }

  /** Before anything is received. */
  async onModuleInit(): Promise<void> {
    await this.events.remember(this.channel.accounts);
  }

  /** Opens the connection and prepares the statement that the first update would otherwise wait for. */
  async onApplicationBootstrap(): Promise<void> {
    await this.events.store([]);
  }

  async onModuleDestroy(): Promise<void> {
    await this.store.stop();
  }

  /**
   * Takes one received payload. `queued` is promised only once the event is committed to PostgreSQL.
   * @param channel of the bot that received it
   * @param payload the parsed body
   * @param text the same as JSON text, stored as it is; null where it cannot be written as text
   * @throws RetryLaterError when it cannot be made durable within five seconds
   */
  async accept(channel: string, payload: unknown, text: string | null): Promise<Acceptance> {
    return await this.counted(() =>
      this.take(channel, payload, text, (inbound) => this.overhearing.keepLater(inbound)),
    );
  }

  /**
   * As `accept`, for one of a batch that is waited for as a whole: what is context only, of a conversation that is locked,
   * holds nobody up.
   */
  async acceptOfBatch(channel: string, payload: unknown, text: string | null): Promise<Acceptance> {
    return await this.counted(() =>
      this.take(channel, payload, text, (inbound) => this.overhearing.keepBeside(inbound)),
    );
  }

  private async counted(take: () => Promise<Acceptance>): Promise<Acceptance> {
    try {
      const acceptance = await take();
      this.count(acceptance);
      return acceptance;
    } catch (error) {
      this.count('unavailable');
      throw error;
    }
  }

  /** @param whereLocked what becomes of context whose conversation is locked */
  private async take(
    channel: string,
    payload: unknown,
    text: string | null,
    whereLocked: (inbound: Received) => Acceptance | Promise<Acceptance>,
  ): Promise<Acceptance> {
    const inbound = this.channel.read(channel, payload);
    if (!inbound || this.overhearing.isOfNoUse(inbound)) return this.passOver(channel, payload);
    const outcome = await this.lineOf(inbound).add(this.arrivalOf(inbound, text));
    const accepted = outcome === 'busy' ? await whereLocked(inbound) : outcome;
    return accepted === 'ignored' ? this.passOver(channel, payload) : accepted;
  }

  private passOver(channel: string, payload: unknown): 'ignored' {
    this.unused.take(channel, payload);
    return 'ignored';
  }

  private newLine(): GroupCommit<Arrival, Acceptance | 'busy'> {
    return new GroupCommit<Arrival, Acceptance | 'busy'>((arrivals) => this.store.commit(arrivals), {
      maxBatch: 250,
      maxBatchWeight: 8 * MEBI,
      maxWaiting: 10_000,
      maxWaitingWeight: 64 * MEBI,
      weigh: ({ payload }) => payload.length,
      keyOf,
      timeoutMs: STORE_TIMEOUT_MS,
    });
  }

  /** A chat keeps to one line: a message must not overtake an earlier one of its chat. */
  private lineOf({ chat }: Received): GroupCommit<Arrival, Acceptance | 'busy'> {
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
}

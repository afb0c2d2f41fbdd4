import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { Channel, type Received } from '../channel/channel.js';
import { isWritten, type WrittenInbound } from '../channel/inbound.js';
import { ChatLimitSettings } from '../platform/throttling/chat-limit.settings.js';
import { UnconfirmedEvents } from '../memory/unconfirmed-events.js';
import { type Count, Metrics } from '../platform/observability/metrics.js';
import { LaneWaker } from '../queue/lane-waker.js';
import {
  type Acceptance,
  acceptances,
  type InboxArrival,
  ArrivalStore,
  keyOf,
  unstorable,
} from './arrival-store.js';
import { ConversationDirectory } from './conversation-directory.js';
import { type ChatEventKind, EventRepository, STORE_TIMEOUT_MS } from './event.repository.js';
import { GroupCommit } from './group-commit.js';
import { GroupContextService } from './group-context.service.js';
import { OverflowNotice } from './overflow-notice.js';
import { storableJson } from './storable-json.js';
import { UnusedUpdates } from './unused-updates.js';

const MEBI = 1024 * 1024;

/** Accepts updates: durable, deduplicated, in order, and wakes their lanes. */
@Injectable()
export class InboxService implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
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
    private readonly groupContextService: GroupContextService,
    limits: ChatLimitSettings,
    metrics: Metrics,
  ) {
    const help =
      'Updates that reached the inbox, by what their sender was told; unavailable: to send it again';
    this.count = metrics.counter('updates_total', help, 'outcome', [...acceptances, 'unavailable']);
    const unconfirmed = new UnconfirmedEvents(channel, directory.conversations);
    this.store = new ArrivalStore(
      directory,
      events,
      waker,
      overflow,
      groupContextService,
      unconfirmed,
      limits,
    );
  }

  /** Before the first update is received. */
  async onModuleInit(): Promise<void> {
    await this.events.remember(this.channel.accounts);
  }

  /** Opens the connection and prepares the statement, so that the first update does not wait for them. */
  async onApplicationBootstrap(): Promise<void> {
    await this.events.store([]);
  }

  async onModuleDestroy(): Promise<void> {
    await this.store.stop();
  }

  /**
   * Accepts one received payload. `queued` is promised only once the event is committed to PostgreSQL.
   * @param channel of the bot that received it
   * @param payload the parsed body
   * @param text the same as JSON text, stored as it is; null if it cannot be written as text
   * @throws RetryLaterError when it cannot be made durable within five seconds
   */
  async accept(channel: string, payload: unknown, text: string | null): Promise<Acceptance> {
    return await this.counted(() =>
      this.receive(channel, payload, text, (inbound) => this.groupContextService.keepLater(inbound)),
    );
  }

  /**
   * As `accept`, for one payload of a batch that is awaited as a whole: context messages of a locked conversation do
   * not hold up the batch.
   */
  async acceptOfBatch(channel: string, payload: unknown, text: string | null): Promise<Acceptance> {
    return await this.counted(() =>
      this.receive(channel, payload, text, (inbound) => this.groupContextService.keepBeside(inbound)),
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

  /** @param whereLocked handles context whose conversation is locked */
  private async receive(
    channel: string,
    payload: unknown,
    text: string | null,
    whereLocked: (message: Received<WrittenInbound>) => Acceptance | Promise<Acceptance>,
  ): Promise<Acceptance> {
    const inbound = this.channel.read(channel, payload);
    if (!inbound || this.groupContextService.isOfNoUse(inbound)) return this.passOver(channel, payload);
    const groupContext = isWritten(inbound) && inbound.isGroupContext ? inbound : null;
    const outcome = await this.lineOf(inbound).add(this.arrivalOf(inbound, groupContext, text));
    const accepted =
      outcome === 'busy' ? (groupContext ? await whereLocked(groupContext) : 'ignored') : outcome;
    return accepted === 'ignored' ? this.passOver(channel, payload) : accepted;
  }

  private passOver(channel: string, payload: unknown): 'ignored' {
    this.unused.noteUnused(channel, payload);
    return 'ignored';
  }

  private newLine(): GroupCommit<InboxArrival, Acceptance | 'busy'> {
    return new GroupCommit<InboxArrival, Acceptance | 'busy'>((arrivals) => this.store.commit(arrivals), {
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
  private lineOf({ chat }: Received): GroupCommit<InboxArrival, Acceptance | 'busy'> {
    return chat.chatId.charCodeAt(chat.chatId.length - 1) % 2 === 0 ? this.even : this.odd;
  }

  private arrivalOf(
    inbound: Received,
    groupContext: Received<WrittenInbound> | null,
    text: string | null,
  ): InboxArrival {
    const payload = storableJson(text);
    return {
      channel: inbound.channel,
      chat: inbound.chat,
      externalId: inbound.externalId,
      languageCode: inbound.sender?.languageCode ?? null,
      groupContext,
      kind: this.kindOf(inbound),
      ...(payload === null ? unstorable : { payload, storable: true }),
    };
  }

  /** A `command` is handled without the model. */
  private kindOf(inbound: Received): ChatEventKind {
    switch (inbound.kind) {
      case 'edit':
        return 'edit';
      case 'message':
        return this.channel.admission(inbound) === 'refused' ? 'command' : 'message';
      case 'command':
      case 'press':
      case 'stopped-preview':
      case 'reaction':
      case 'membership':
      case 'migration':
        return 'command';
    }
  }
}

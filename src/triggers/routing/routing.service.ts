import { Injectable, Logger } from '@nestjs/common';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { shortTransaction } from '../../platform/database/short-transaction.js';
import { RetryLaterError } from '../../platform/errors/errors.js';
import { type Count, Metrics } from '../../platform/observability/metrics.js';
import { WindowRepository } from '../coalescing/window.repository.js';
import { type DecidedWebhooks, readyOf, routeWebhooks } from './route-webhooks.js';
import { RoutingRepository } from './routing.repository.js';
import { gatheredOf, messageOf, outcomeOf, settle, type Settled } from './settled-route.js';
import { chatsOf, type ChatTarget, findPlaces, makePlaces, placeOf, type Places } from './target-places.js';

/** Webhooks in one transaction. */
const BATCH = 50;
/** Looks for conversations that another transaction makes or erases at this moment. */
const MAX_LOOKS = 3;

const results = ['accepted', 'filtered', 'failed'] as const;

/** The outcome of one batch. */
export interface Routed {
  /** Messages wait there. */
  readonly conversationIds: readonly string[];
  /** Webhooks may be left. */
  readonly isMore: boolean;
}

/** `unplaced`: nothing was written, for these chats have no conversation yet. */
type Batch = SettledBatch | { readonly kind: 'unplaced'; readonly missing: readonly ChatTarget[] };
interface SettledBatch {
  readonly kind: 'settled';
  readonly settled: readonly Settled[];
  /** Whether the source was locked; false: another process has it, and wakes it again. */
  readonly isOurs: boolean;
}

/**
 * Makes messages of webhooks, by the triggers of their source. A webhook has one message by each trigger that accepts
 * it: the messages, the outcomes and the end of the webhooks are one commit, which only one of several processes can
 * make at a time. What fails is an outcome too, and holds up nothing. A conversation that is being erased holds up its
 * source for as long as its row is locked.
 */
@Injectable()
export class RoutingService {
  private readonly logger = new Logger(RoutingService.name);
  private readonly count: Count<(typeof results)[number]>;

  constructor(
    private readonly prisma: PrismaService,
    private readonly routing: RoutingRepository,
    private readonly conversations: ConversationRepository,
    private readonly windows: WindowRepository,
    metrics: Metrics,
  ) {
    const help = 'Webhooks by what became of them, once for each trigger of their source';
    this.count = metrics.counter('trigger_outcomes_total', help, 'result', results);
  }

  /**
   * Routes the next webhooks of a source.
   * @throws RetryLaterError while the conversation of a chat cannot be made
   */
  async routeNext(source: string): Promise<Routed> {
    const waiting = await this.routing.waiting(source, BATCH);
    if (waiting.length === 0) return { conversationIds: [], isMore: false };
    // After the webhooks: whoever made a trigger before a webhook came in finds it applied.
    const triggers = (await this.routing.triggersOf(source)).map(readyOf);
    // Outside the transaction, whose time is limited.
    const decided = routeWebhooks(source, waiting, triggers);
    const isMore = decided.webhooks.length < waiting.length || waiting.length === BATCH;
    let places = await findPlaces(this.conversations, chatsOf(triggers.map(({ target }) => target)));
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const batch = await shortTransaction(this.prisma, (tx) => this.route(tx, source, decided, places));
      if (batch.kind === 'settled') return this.note(source, batch, isMore);
      places = await makePlaces(this.conversations, batch.missing);
    }
    throw new RetryLaterError(
      'TARGET_LOCKED',
      'the conversation of a trigger’s chat is made or erased at this moment',
    );
  }

  private async route(
    tx: Prisma.TransactionClient,
    source: string,
    decided: DecidedWebhooks,
    places: Places,
  ): Promise<Batch> {
    if (!(await this.routing.lockSource(tx, source))) return { kind: 'settled', settled: [], isOurs: false };
    // Another process may have routed some of them since.
    const left = await this.routing.stillWaiting(
      tx,
      decided.webhooks.map(({ id }) => id),
    );
    const webhooks = decided.webhooks.filter(({ id }) => left.has(id));
    const routes = decided.routes.filter(({ webhook }) => left.has(webhook.id));
    if (webhooks.length === 0) return { kind: 'settled', settled: [], isOurs: true };
    const accepted = routes.filter(({ decision, ready }) => decision.kind === 'accepted' && !ready.coalesce);
    const held = await this.routing.hold(
      tx,
      accepted.flatMap(({ ready }) => placeOf(ready.target, places) ?? []),
    );
    const chats = chatsOf(accepted.map(({ ready }) => ready.target));
    // One that was erased meanwhile is made anew. All are looked up together.
    if (!chats.every((chat) => held.has(placeOf(chat, places) ?? '')))
      return { kind: 'unplaced', missing: chats };
    const settled = routes.map((route) => settle(route, held, places));
    const messages = settled.flatMap((one) => messageOf(source, one) ?? []);
    await this.routing.commit(tx, webhooks, messages, settled.map(outcomeOf));
    await this.tellFailures(tx, source, settled);
    // Behind the conversations, in the lock order of a window that is closed.
    await this.windows.add(
      tx,
      settled.flatMap((one) => gatheredOf(source, one) ?? []),
    );
    return { kind: 'settled', settled, isOurs: true };
  }

  /** Operators are told once an hour that triggers fail for a source. */
  private async tellFailures(
    tx: Prisma.TransactionClient,
    source: string,
    settled: readonly Settled[],
  ): Promise<void> {
    const failed = settled.find(({ decision }) => decision.kind === 'failed');
    if (failed?.decision.kind !== 'failed') return;
    await this.routing.tellFailing(tx, source, failed.ready.trigger.name, failed.decision.code);
  }

  /** Counts and logs what is committed. */
  private note(source: string, { settled, isOurs }: SettledBatch, isMore: boolean): Routed {
    for (const { webhook, ready, decision } of settled) {
      this.count(decision.kind);
      const ids = {
        source,
        trigger: ready.trigger.name,
        eventId: String(webhook.id),
        deliveryId: webhook.externalId,
      };
      if (decision.kind === 'failed')
        this.logger.warn({ msg: 'webhook failed', ...ids, code: decision.code });
      else this.logger.log({ msg: `webhook ${decision.kind}`, ...ids });
    }
    return {
      conversationIds: [...new Set(settled.flatMap(({ conversationId }) => conversationId ?? []))],
      isMore: isOurs && isMore,
    };
  }
}

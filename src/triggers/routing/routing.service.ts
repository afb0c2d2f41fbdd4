import { Injectable, Logger } from '@nestjs/common';
import type { ChatId, ThreadId } from '../../channel/ids.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { shortTransaction } from '../../platform/database/short-transaction.js';
import { RetryLaterError } from '../../platform/errors/errors.js';
import { type Count, Metrics } from '../../platform/observability/metrics.js';
import { failed } from '../rules/evaluate-trigger.js';
import { chatOf, type TriggerTarget } from '../rules/trigger-target.js';
import { externalIdOf, writeTriggerEvent } from '../trigger-event.js';
import { type ReadyTrigger, readyOf, type Route, routeWebhooks } from './route-webhooks.js';
import { type NewMessage, type NewOutcome, RoutingRepository } from './routing.repository.js';

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

/** The conversations of chats, by `keyOf`. */
type Places = ReadonlyMap<string, string>;

/** `unplaced`: nothing was written, for these chats have no conversation yet. */
type Batch = SettledBatch | { readonly kind: 'unplaced'; readonly missing: readonly ChatTarget[] };
interface SettledBatch {
  readonly kind: 'settled';
  readonly settled: readonly Settled[];
  readonly isMore: boolean;
}
type ChatTarget = Extract<TriggerTarget, { kind: 'chat' }>;

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
    const triggers = (await this.routing.triggersOf(source)).map(readyOf);
    let places: Places = new Map();
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const batch = await shortTransaction(this.prisma, (tx) => this.route(tx, source, triggers, places));
      if (batch.kind === 'settled') return this.note(source, batch);
      places = await this.findPlaces(batch.missing);
    }
    throw new RetryLaterError(
      'TARGET_LOCKED',
      'the conversation of a trigger’s chat is made or erased at this moment',
    );
  }

  /** The conversations of these chats, as far as they can be made now. */
  private async findPlaces(targets: readonly ChatTarget[]): Promise<Places> {
    const ids = await this.conversations.resolve(targets.map(chatOf));
    return new Map(
      targets.flatMap((target, index) => (ids[index] ? [[keyOf(target), ids[index]] as const] : [])),
    );
  }

  private async route(
    tx: Prisma.TransactionClient,
    source: string,
    triggers: readonly ReadyTrigger[],
    places: Places,
  ): Promise<Batch> {
    if (!(await this.routing.lockSource(tx, source))) return { kind: 'settled', settled: [], isMore: false };
    const waiting = await this.routing.waiting(tx, source, BATCH);
    if (waiting.length === 0) return { kind: 'settled', settled: [], isMore: false };
    const { webhooks, routes } = routeWebhooks(source, waiting, triggers);
    const accepted = routes.filter(({ decision }) => decision.kind === 'accepted');
    const held = await this.routing.hold(
      tx,
      accepted.flatMap(({ ready }) => placeOf(ready.target, places) ?? []),
    );
    const chats = accepted.flatMap(({ ready }) => (ready.target.kind === 'chat' ? [ready.target] : []));
    // One that was erased meanwhile is made anew. All are looked up together.
    if (!chats.every((chat) => held.has(placeOf(chat, places) ?? '')))
      return { kind: 'unplaced', missing: chats };
    const settled = routes.map((route) => settle(route, held, places));
    const messages = settled.flatMap((one) => messageOf(source, one) ?? []);
    await this.routing.commit(tx, webhooks, messages, settled.map(outcomeOf));
    return { kind: 'settled', settled, isMore: webhooks.length < waiting.length || waiting.length === BATCH };
  }

  /** Counts and logs what is committed. */
  private note(source: string, { settled, isMore }: SettledBatch): Routed {
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
      isMore,
    };
  }
}

/** A route, and where its message goes; null: nowhere. */
interface Settled extends Route {
  readonly conversationId: string | null;
}

/** A conversation that is named by its id may be erased since. */
function settle(route: Route, held: ReadonlySet<string>, places: Places): Settled {
  const conversationId = placeOf(route.ready.target, places);
  if (route.decision.kind !== 'accepted') return { ...route, conversationId: null };
  if (conversationId !== null && held.has(conversationId)) return { ...route, conversationId };
  return {
    ...route,
    decision: failed('TARGET_GONE', 'the target’s conversation is gone'),
    conversationId: null,
  };
}

const keyOf = ({
  channel,
  chatId,
  threadId,
}: {
  channel: string;
  chatId: ChatId;
  threadId: ThreadId;
}): string => JSON.stringify([channel, chatId, threadId]);

function placeOf(target: TriggerTarget, places: Places): string | null {
  switch (target.kind) {
    case 'conversation':
      return target.conversationId;
    case 'chat':
      return places.get(keyOf(target)) ?? null;
  }
}

function messageOf(source: string, { webhook, ready, decision, conversationId }: Settled): NewMessage | null {
  if (decision.kind !== 'accepted' || conversationId === null) return null;
  const { id: triggerId, name: trigger, instruction } = ready.trigger;
  const { key, text } = decision;
  return {
    externalId: externalIdOf(triggerId, webhook.id),
    conversationId,
    payload: writeTriggerEvent({ triggerId, trigger, source, key, instruction, text }),
  };
}

function outcomeOf({ webhook, ready, decision }: Settled): NewOutcome {
  const ids = { eventId: webhook.id, triggerId: ready.trigger.id, result: decision.kind };
  return decision.kind === 'accepted'
    ? { ...ids, key: decision.key, message: externalIdOf(ready.trigger.id, webhook.id) }
    : { ...ids, code: decision.code, reason: decision.reason, message: null };
}

import { Injectable, Logger } from '@nestjs/common';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { shortTransaction } from '../../platform/database/short-transaction.js';
import { messageOf, RetryLaterError } from '../../platform/errors/errors.js';
import { type CoalescingWindow, WindowRepository } from '../coalescing/window.repository.js';
import { MAX_TOLD, shareOf, tellAll } from '../coalescing/window-text.js';
import { externalIdOf, writeTriggerEvent } from '../trigger-event.js';
import { readTerms } from '../turn-terms.js';
import { type ReadyTrigger, readyOf } from './route-webhooks.js';
import { RoutingRepository } from './routing.repository.js';
import { chatsOf, findPlaces, makePlaces, placeOf, type Places } from './target-places.js';

/** Windows that are closed in one go. */
const BATCH = 20;
/** Looks for a conversation that another transaction makes or erases at this moment. */
const MAX_LOOKS = 3;
/** The pause before a window that could not be closed is tried again. */
const RETRY_MS = 5_000;

/** The outcome of one go. */
export interface Closed {
  /** Messages wait there. */
  readonly conversationIds: readonly string[];
  /** Due windows may be left. */
  readonly isMore: boolean;
}

/** `elsewhere`: closed by another process, or not due any more; `unplaced`: its chat has no conversation yet. */
type Closing =
  | { readonly kind: 'told'; readonly conversationId: string; readonly size: number }
  | { readonly kind: 'failed'; readonly code: string }
  | { readonly kind: 'elsewhere' }
  | { readonly kind: 'unplaced' };

/**
 * Closes windows that are due: one message tells of all webhooks of a window. The message, the outcomes and the end of
 * the window are one commit. A window that cannot be closed is put off, and holds up no other one.
 */
@Injectable()
export class WindowClosingService {
  private readonly logger = new Logger(WindowClosingService.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly windows: WindowRepository,
    private readonly routing: RoutingRepository,
    private readonly conversations: ConversationRepository,
  ) {}

  /** Closes the next due windows of a source. */
  async closeDue(source: string): Promise<Closed> {
    const due = await this.windows.due(source, BATCH);
    const conversationIds = new Set<string>();
    // Windows of one key are told in their order.
    const held = new Set<string>();
    for (const window of due) {
      const key = `${window.triggerId}:${window.key}`;
      const closing = held.has(key) ? null : await this.closeOrPutOff(source, window);
      if (closing === null || closing.kind === 'elsewhere') held.add(key);
      if (closing?.kind === 'told') conversationIds.add(closing.conversationId);
    }
    return { conversationIds: [...conversationIds], isMore: due.length === BATCH };
  }

  private async closeOrPutOff(source: string, window: CoalescingWindow): Promise<Closing | null> {
    const ids = { source, triggerId: window.triggerId, windowId: window.id };
    try {
      const closing = await this.close(source, window);
      if (closing.kind === 'told')
        this.logger.log({ msg: 'webhooks coalesced', ...ids, webhooks: closing.size });
      if (closing.kind === 'failed')
        this.logger.warn({ msg: 'webhooks failed', ...ids, code: closing.code, webhooks: window.size });
      return closing;
    } catch (error) {
      await this.windows.putOff(window.id, RETRY_MS);
      this.logger.error({ msg: 'window not closed, tried again later', ...ids, error: messageOf(error) });
      return null;
    }
  }

  private async close(source: string, window: CoalescingWindow): Promise<Closing> {
    const trigger = await this.routing.findTrigger(window.triggerId);
    const ready = trigger && readyOf(trigger);
    const chats = ready ? chatsOf([ready.target]) : [];
    let places = await findPlaces(this.conversations, chats);
    for (let look = 0; look < MAX_LOOKS; look += 1) {
      const closing = await shortTransaction(this.prisma, (tx) =>
        this.tell(tx, source, window, ready, places),
      );
      if (closing.kind !== 'unplaced') return closing;
      places = await makePlaces(this.conversations, chats);
    }
    throw new RetryLaterError(
      'TARGET_LOCKED',
      'the conversation of a trigger’s chat is made or erased at this moment',
    );
  }

  /**
   * Locks the source, then the conversation, then the window, as routing does. Two processes that closed windows of one
   * key side by side could tell of the second one first.
   */
  private async tell(
    tx: Prisma.TransactionClient,
    source: string,
    window: CoalescingWindow,
    ready: ReadyTrigger | null,
    places: Places,
  ): Promise<Closing> {
    if (ready !== null && !(await this.routing.lockSource(tx, source))) return { kind: 'elsewhere' };
    const conversationId = ready && placeOf(ready.target, places);
    const held = await this.routing.hold(tx, conversationId === null ? [] : [conversationId]);
    const isThere = conversationId !== null && held.has(conversationId);
    if (!isThere && ready?.target.kind === 'chat') return { kind: 'unplaced' };
    const size = await this.windows.lockDue(tx, window.id);
    if (size === null) return { kind: 'elsewhere' };
    if (ready === null || !isThere) {
      const [code, reason] =
        ready === null
          ? ['TRIGGER_GONE', 'the trigger was removed']
          : ['TARGET_GONE', 'the target’s conversation is gone'];
      await this.windows.close(tx, window, { result: 'failed', code, reason, messageEventId: null });
      return { kind: 'failed', code };
    }
    const share = shareOf(await this.windows.lengths(tx, window.id), MAX_TOLD);
    const text = tellAll(await this.windows.texts(tx, window.id, share));
    const { id: triggerId, name, instruction } = ready.trigger;
    const key = window.key === '' ? null : window.key;
    const terms = readTerms(ready.trigger.terms);
    const event = { triggerId, trigger: name, source, key, instruction, terms, text };
    const externalId = externalIdOf(triggerId, window.id);
    const message = { externalId, conversationId, payload: writeTriggerEvent(event) };
    const ids = await this.routing.addMessages(tx, [message]);
    await this.windows.close(tx, window, {
      result: 'accepted',
      code: 'COALESCED',
      reason: `one message tells of ${size} webhooks`,
      messageEventId: ids.get(externalId) ?? null,
    });
    return { kind: 'told', conversationId, size };
  }
}

import type { Gathered } from '../coalescing/window.repository.js';
import { failed } from '../rules/evaluate-trigger.js';
import { externalIdOf, writeTriggerEvent } from '../trigger-event.js';
import { readTerms } from '../turn-terms.js';
import type { Route } from './route-webhooks.js';
import type { NewMessage, NewOutcome } from './routing.repository.js';
import { type Places, placeOf } from './target-places.js';

/** A route, and the conversation of its own message; null: it has none (yet). */
export interface Settled extends Route {
  readonly conversationId: string | null;
}

/**
 * Gives an accepted webhook its place. A conversation that is named by its id may be erased since. Pure.
 * @param held the conversations that exist
 */
export function settle(route: Route, held: ReadonlySet<string>, places: Places): Settled {
  // A window finds its place when it is closed.
  if (route.decision.kind !== 'accepted' || route.ready.coalesce) return { ...route, conversationId: null };
  const conversationId = placeOf(route.ready.target, places);
  if (conversationId !== null && held.has(conversationId)) return { ...route, conversationId };
  return {
    ...route,
    decision: failed('TARGET_GONE', 'the target’s conversation is gone'),
    conversationId: null,
  };
}

/** The webhook for the window of its trigger and key; null: it does not wait for others. */
export function gatheredOf(source: string, { webhook, ready, decision }: Settled): Gathered | null {
  if (decision.kind !== 'accepted' || !ready.coalesce) return null;
  const { text, key } = decision;
  const { trigger, coalesce: rules } = ready;
  return { triggerId: trigger.id, source, key: key ?? '', rules, eventId: webhook.id, text };
}

/** The message that is made of it; null: none. */
export function messageOf(
  source: string,
  { webhook, ready, decision, conversationId }: Settled,
): NewMessage | null {
  if (decision.kind !== 'accepted' || conversationId === null) return null;
  const { id: triggerId, name: trigger, instruction } = ready.trigger;
  const { key, text } = decision;
  return {
    externalId: externalIdOf(triggerId, webhook.id),
    conversationId,
    payload: writeTriggerEvent({
      triggerId,
      trigger,
      source,
      key,
      instruction,
      terms: readTerms(ready.trigger.terms),
      text,
    }),
  };
}

export function outcomeOf({ webhook, ready, decision }: Settled): NewOutcome {
  const ids = { eventId: webhook.id, triggerId: ready.trigger.id, result: decision.kind };
  if (decision.kind !== 'accepted')
    return { ...ids, code: decision.code, reason: decision.reason, message: null };
  const { key } = decision;
  return ready.coalesce
    ? { ...ids, key, code: 'COALESCING', reason: 'it waits for others of its key', message: null }
    : { ...ids, key, message: externalIdOf(ready.trigger.id, webhook.id) };
}

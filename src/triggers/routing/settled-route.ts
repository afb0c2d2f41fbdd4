import { failed } from '../rules/evaluate-trigger.js';
import { externalIdOf, writeTriggerEvent } from '../trigger-event.js';
import type { Route } from './route-webhooks.js';
import type { NewMessage, NewOutcome } from './routing.repository.js';
import { type Places, placeOf } from './target-places.js';

/** A route, and the conversation of its message; null: it has none. */
export interface Settled extends Route {
  readonly conversationId: string | null;
}

/**
 * Gives an accepted webhook its place. A conversation that is named by its id may be erased since. Pure.
 * @param held the conversations that exist
 */
export function settle(route: Route, held: ReadonlySet<string>, places: Places): Settled {
  const conversationId = placeOf(route.ready.target, places);
  if (route.decision.kind !== 'accepted') return { ...route, conversationId: null };
  if (conversationId !== null && held.has(conversationId)) return { ...route, conversationId };
  return {
    ...route,
    decision: failed('TARGET_GONE', 'the target’s conversation is gone'),
    conversationId: null,
  };
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
    payload: writeTriggerEvent({ triggerId, trigger, source, key, instruction, text }),
  };
}

export function outcomeOf({ webhook, ready, decision }: Settled): NewOutcome {
  const ids = { eventId: webhook.id, triggerId: ready.trigger.id, result: decision.kind };
  return decision.kind === 'accepted'
    ? { ...ids, key: decision.key, message: externalIdOf(ready.trigger.id, webhook.id) }
    : { ...ids, code: decision.code, reason: decision.reason, message: null };
}

import type { Trigger } from '../../generated/prisma/client.js';
import { type CoalesceRules, coalesceOf } from '../coalescing/coalesce-rules.js';
import { inputOf } from '../expressions/trigger-input.js';
import { type Evaluation, evaluationOf, failed, type TriggerDecision } from '../rules/evaluate-trigger.js';
import { targetOf, type TriggerTarget } from '../rules/trigger-target.js';
import { readWebhook } from '../webhook-event.js';
import type { WaitingWebhook } from './routing.repository.js';

/** A trigger of the source, ready to decide. */
export interface ReadyTrigger {
  readonly trigger: Trigger;
  readonly evaluate: Evaluation;
  readonly target: TriggerTarget;
  /** null: each webhook has a message of its own. */
  readonly coalesce: CoalesceRules | null;
}

/** The decision of one trigger about one webhook. */
export interface Route {
  readonly webhook: WaitingWebhook;
  readonly ready: ReadyTrigger;
  readonly decision: TriggerDecision;
}

/** Webhooks that were decided, in their order, and all decisions about them. */
export interface DecidedWebhooks {
  readonly webhooks: readonly WaitingWebhook[];
  readonly routes: readonly Route[];
}

/** Milliseconds of evaluation at once; the webhooks behind it are for the next time. */
const PATIENCE_MS = 1_000;

export const readyOf = (trigger: Trigger): ReadyTrigger => ({
  trigger,
  evaluate: evaluationOf(trigger),
  target: targetOf(trigger),
  coalesce: coalesceOf(trigger),
});

/**
 * Decides about webhooks in their order, each by every trigger. Stops when it has taken long, behind at least one.
 */
export function routeWebhooks(
  source: string,
  waiting: readonly WaitingWebhook[],
  triggers: readonly ReadyTrigger[],
): DecidedWebhooks {
  const until = performance.now() + PATIENCE_MS;
  const webhooks: WaitingWebhook[] = [];
  const routes: Route[] = [];
  for (const webhook of waiting) {
    if (webhooks.length > 0 && performance.now() > until) break;
    webhooks.push(webhook);
    for (const ready of triggers) routes.push({ webhook, ready, decision: decide(source, webhook, ready) });
  }
  return { webhooks, routes };
}

function decide(source: string, { payload }: WaitingWebhook, { evaluate }: ReadyTrigger): TriggerDecision {
  const webhook = readWebhook(payload);
  return webhook ? evaluate(inputOf(source, webhook)) : failed('PAYLOAD_GONE', 'the payload is gone');
}

import type { Trigger } from '../../generated/prisma/client.js';
import { GiveUpError } from '../../platform/errors/errors.js';
import { Filter, Key } from '../expressions/filter.js';
import { Template } from '../expressions/template.js';
import type { TriggerInput } from '../expressions/trigger-input.js';

/** The stable codes of what does not become a message. */
export type TriggerCode =
  'FILTER_FALSE' | 'FILTER_FAILED' | 'KEY_FAILED' | 'PROMPT_FAILED' | 'PAYLOAD_GONE' | 'TARGET_GONE';

/** The decision of a trigger about a webhook. */
export type TriggerDecision =
  | {
      readonly kind: 'accepted';
      readonly key: string | null;
      /** As the template renders it. */
      readonly text: string;
    }
  | { readonly kind: 'filtered'; readonly code: TriggerCode; readonly reason: string }
  | { readonly kind: 'failed'; readonly code: TriggerCode; readonly reason: string };

export type TriggerRules = Pick<Trigger, 'filter' | 'key' | 'prompt'>;

/** Decides about webhooks. Never throws. */
export type Evaluation = (input: TriggerInput) => TriggerDecision;

export const failed = (code: TriggerCode, reason: string): TriggerDecision => ({
  kind: 'failed',
  code,
  reason,
});

const filtered: TriggerDecision = { kind: 'filtered', code: 'FILTER_FALSE', reason: 'the filter is false' };

/**
 * Makes a trigger ready to decide. Pure. A rule that does not apply to a webhook, or is none (any more), is a failure of
 * that webhook by that trigger.
 */
export function evaluationOf({ filter, key, prompt }: TriggerRules): Evaluation {
  const passes = once(() => (filter === null ? null : new Filter(filter)));
  const keyed = once(() => (key === null ? null : new Key(key)));
  const template = once(() => new Template(prompt));
  return (input) => {
    let code: TriggerCode = 'FILTER_FAILED';
    try {
      if (passes()?.passes(input) === false) return filtered;
      code = 'KEY_FAILED';
      const name = keyed()?.of(input) ?? null;
      code = 'PROMPT_FAILED';
      return { kind: 'accepted', key: name, text: template().render(input) };
    } catch (error) {
      return failed(code, error instanceof GiveUpError ? error.message : 'it cannot be evaluated');
    }
  };
}

/**
 * Checks the rules of a trigger that is to be saved. Pure.
 * @throws GiveUpError naming the field, and the position of the fault
 */
export function assertRules({ filter, key, prompt }: TriggerRules): void {
  assertField('filter', () => filter !== null && new Filter(filter));
  assertField('key', () => key !== null && new Key(key));
  assertField('prompt', () => new Template(prompt));
}

function assertField(name: string, compile: () => unknown): void {
  try {
    compile();
  } catch (error) {
    if (error instanceof GiveUpError) throw new GiveUpError('TRIGGER_INVALID', `${name}: ${error.message}`);
    throw error;
  }
}

/** Makes it at the first use; a failure is thrown at each use. */
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | null = null;
  return () => (made ??= { value: make() }).value;
}

import { OutsideText } from '../channel/outside-text.js';
import { readTerms, writeTerms, type TurnTerms } from './turn-terms.js';

/** A webhook that a trigger accepted, as it waits in the inbox of the target's conversation. */
export interface TriggerEvent {
  readonly triggerId: string;
  /** The trigger's name. */
  readonly trigger: string;
  /** The source's name. */
  readonly source: string;
  /** The subject of the webhook; null: the trigger has no key. */
  readonly key: string | null;
  /** The agent's task, in the operator's words; null: none is given. */
  readonly instruction: string | null;
  readonly terms: TurnTerms;
  /** The webhook, as the trigger's template renders it. */
  readonly text: OutsideText;
}

/** The same before its text is read from a row. */
export interface NewTriggerEvent extends Omit<TriggerEvent, 'text'> {
  readonly text: string;
}

/** Unique for each trigger, and webhook or window. */
export function externalIdOf(triggerId: string, subject: bigint | string): string {
  return `${triggerId}:${subject}`;
}

/** As JSON. */
export const writeTriggerEvent = (event: NewTriggerEvent): string =>
  JSON.stringify({ ...event, terms: writeTerms(event.terms) ?? undefined });

/** @returns null for anything that `writeTriggerEvent` did not make, such as a payload past its retention */
export function readTriggerEvent(payload: unknown): TriggerEvent | null {
  const { triggerId, trigger, source, key, instruction, terms, text }: Fields = Object(payload);
  if (typeof triggerId !== 'string' || typeof trigger !== 'string') return null;
  if (typeof source !== 'string' || typeof text !== 'string') return null;
  return {
    triggerId,
    trigger,
    source,
    key: textOrNull(key),
    instruction: textOrNull(instruction),
    terms: readTerms(terms),
    text: OutsideText.fromUntrusted(text),
  };
}

type Fields = Readonly<Record<string, unknown>>;

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

import type { Sender } from '../channel/inbound.js';

/** `events.source` of what a schedule brings. */
export const SCHEDULE_SOURCE = 'schedule';

/** A task that is due, as it waits in the inbox. */
export interface ScheduledEvent {
  /** What the chat calls the schedule. */
  readonly number: number;
  /** ISO 8601. */
  readonly dueAt: string;
  readonly text: string;
  /** Who made the schedule, as last seen; null: an operator, or not known. */
  readonly sender: Sender | null;
}

/** Unique for each time of a schedule. */
export function externalIdOf(scheduleId: string, dueAt: Date): string {
  return `${scheduleId}:${dueAt.toISOString()}`;
}

/** As JSON: a 64-bit id is a string there. */
export function writeScheduledEvent({ sender, ...event }: ScheduledEvent): string {
  return JSON.stringify({
    ...event,
    sender: sender && { ...sender, userId: sender.userId.toString() },
  });
}

/** @returns null for anything that `writeScheduledEvent` did not make, such as a payload past its retention */
export function readScheduledEvent(payload: unknown): ScheduledEvent | null {
  const { number, dueAt, text, sender }: Fields = Object(payload);
  if (typeof number !== 'number' || typeof dueAt !== 'string' || typeof text !== 'string') return null;
  return { number, dueAt, text, sender: readSender(sender) };
}

type Fields = Readonly<Record<string, unknown>>;

function readSender(value: unknown): Sender | null {
  const { userId, firstName, lastName, username, languageCode }: Fields = Object(value);
  if (typeof userId !== 'string' || !/^-?\d{1,19}$/.test(userId) || typeof firstName !== 'string')
    return null;
  return {
    userId: BigInt(userId),
    firstName,
    lastName: textOrNull(lastName),
    username: textOrNull(username),
    languageCode: textOrNull(languageCode),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

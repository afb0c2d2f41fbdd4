import { UserId } from '../channel/ids.js';
import type { Sender } from '../channel/inbound.js';

/** A due task, as it waits in the inbox. */
export interface ScheduledEvent {
  /** The schedule's number in the chat. */
  readonly number: number;
  /** ISO 8601. */
  readonly dueAt: string;
  readonly text: string;
  /** The creator of the schedule, as last seen; null: an operator, or unknown. */
  readonly sender: Sender | null;
}

/** Unique for each time of a schedule. */
export function externalIdOf(scheduleId: string, dueAt: Date): string {
  return `${scheduleId}:${dueAt.toISOString()}`;
}

/** As JSON. */
export const writeScheduledEvent = (event: ScheduledEvent): string => JSON.stringify(event);

/** @returns null for anything that `writeScheduledEvent` did not make, such as a payload past its retention */
export function readScheduledEvent(payload: unknown): ScheduledEvent | null {
  const { number, dueAt, text, sender }: Fields = Object(payload);
  if (typeof number !== 'number' || typeof dueAt !== 'string' || typeof text !== 'string') return null;
  return { number, dueAt, text, sender: readSender(sender) };
}

type Fields = Readonly<Record<string, unknown>>;

function readSender(value: unknown): Sender | null {
  const { userId, isChat, firstName, lastName, username, languageCode }: Fields = Object(value);
  if (typeof userId !== 'string' || typeof firstName !== 'string') return null;
  return {
    userId: UserId(userId),
    isChat: isChat === true,
    firstName,
    lastName: textOrNull(lastName),
    username: textOrNull(username),
    languageCode: textOrNull(languageCode),
  };
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

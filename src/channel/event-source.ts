/**
 * `events.source` of a message names the channel that a person wrote it in, or one of the sources below, of which no
 * person writes it at that moment. Only a person is told to wait or to pair, interrupts a turn, and gets an interactive
 * answer.
 */

/** A due task of a schedule. */
export const SCHEDULE_SOURCE = 'schedule';
/** A webhook that a trigger accepted. */
export const TRIGGER_SOURCE = 'trigger';

/** For SQL: `source <> ALL (${UNWRITTEN_SOURCES})`. */
export const UNWRITTEN_SOURCES: string[] = [SCHEDULE_SOURCE, TRIGGER_SOURCE];

/** Whether a person wrote the message of this event. */
export const isByPerson = ({ source }: { readonly source: string }): boolean =>
  !UNWRITTEN_SOURCES.includes(source);

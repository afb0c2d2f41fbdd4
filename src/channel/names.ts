/**
 * Names of people and chats, as they appear among the bot's own words: on one line, and unable to pass for anything
 * else.
 */
import type { Sender } from './inbound.js';
import { LINE_BREAK } from './quoted.js';

/** UTF-16 units shown of a name. */
const NAME_LIMIT = 128;

/**
 * Characters that would hide in a name or reorder its surroundings: controls, line separators, directions, tags,
 * characters without width. Joiners and the two variation selectors of emoji stay: names are written with them.
 */
const UNSEEN = /(?:(?!\u200c|\u200d|\ufe0e|\ufe0f)[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028-\u202e])+/gu;

/** A name or title on one line, without the brackets that mark the bot's own words; at most `limit` UTF-16 units. */
export function label(text: string, limit = NAME_LIMIT): string {
  const flat = text
    .replaceAll(UNSEEN, ' ')
    .replaceAll(/[[\]]+/g, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
  return flat.length <= limit ? flat : `${flat.slice(0, limit).toWellFormed()}…`;
}

/** The name of a person; "somebody" if none of it is visible. */
export function nameOf(sender: Pick<Sender, 'firstName' | 'lastName'> | null): string {
  const name = sender ? label(`${sender.firstName} ${sender.lastName ?? ''}`) : '';
  return /[\p{L}\p{N}\p{P}\p{S}]/u.test(name) ? name : 'somebody';
}

/** Characters that look like the colon behind a speaker's name. */
const COLON = /[:\u02d0\u02f8\u0589\u05c3\u1361\u2236\u205a\ua789\ufe13\ufe30\ufe55\uff1a]/g;

/** A message among those of several speakers. No line of it, and no name, can pass for another speaker's. */
export function spokenBy(author: string | null, text: string): string {
  const name = author === null ? null : label(author.replaceAll(COLON, ' ')) || 'somebody';
  const lines = text.replaceAll(LINE_BREAK, '\n  ');
  return name === null ? lines : `${name}: ${lines}`;
}

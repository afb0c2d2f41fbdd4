import type { SendOutcome } from '../../channel/channel.js';

/** Refusals that any form of a message would meet. */
const OF_THE_CHAT: ReadonlySet<string> = new Set([
  'BOT_BLOCKED',
  'USER_DEACTIVATED',
  'BOT_KICKED',
  'BOT_NOT_MEMBER',
  'BOT_NOT_STARTED',
  'CHAT_MIGRATED',
  'CHAT_NOT_FOUND',
  'THREAD_NOT_FOUND',
  'THREAD_CLOSED',
]);

/**
 * Could a rich message have been refused for being one? A Bot API server older than 10.1 knows no such method (404), one
 * older than 10.2 no blocks ("must be non-empty"), and Telegram has limits that its documentation does not name.
 */
export function couldBeTheForm(outcome: SendOutcome): boolean {
  if (outcome.kind === 'refused') return !OF_THE_CHAT.has(outcome.code);
  return outcome.kind === 'unavailable' && /^404: .*method not found/i.test(outcome.error);
}

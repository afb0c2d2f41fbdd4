import type { SendOutcome } from '../../channel/channel.js';

/** Refusals that concern every form of a message. */
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
 * Whether Telegram may have refused a rich message because of its form. A Bot API server older than 10.1 knows no such
 * method (404), one older than 10.2 no blocks ("must be non-empty"), and Telegram has undocumented limits.
 */
export function couldBeTheForm(outcome: SendOutcome): boolean {
  if (outcome.kind === 'refused') return !OF_THE_CHAT.has(outcome.code);
  return outcome.kind === 'unavailable' && /^404: .*method not found/i.test(outcome.error);
}

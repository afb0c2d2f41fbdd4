import type { SendOutcome } from '../../channel/channel.js';
import { type BotCallFailure, pauseAskedFor } from '../bot-api/call-failure.js';

/** The pause after a 429 that names none. */
const UNNAMED_PAUSE_MS = 5_000;

/**
 * Classifies a failed send. Pure.
 *
 * A 401 or 404 means that the bot's token or `TELEGRAM_API_ROOT` is wrong, not the message: an operator can fix that,
 * so the message waits. A 5xx of the Bot API counts as "not sent", because Telegram returns it for its own faults; a
 * 5xx of a gateway is an unknown outcome.
 */
export function outcomeOf(failure: BotCallFailure): SendOutcome {
  if (failure.kind === 'not-sent') return { kind: 'unavailable', error: failure.description };
  if (failure.kind === 'no-answer') {
    const retryAfterMs = pauseAskedFor(failure);
    return { kind: 'unknown', error: failure.description, ...(retryAfterMs > 0 && { retryAfterMs }) };
  }
  const { status, description, movedTo } = failure;
  const error = `${status}: ${description}`;
  if (status === 429) return { kind: 'limited', retryAfterMs: pauseOf(failure), error };
  if (status === 400 && movedTo !== null) return { kind: 'moved', toChatId: movedTo, error };
  if (status === 401) return { kind: 'unavailable', error: `${error} (is the bot’s token right?)` };
  if (status === 404) {
    return { kind: 'unavailable', error: `${error} (are the bot’s token and TELEGRAM_API_ROOT right?)` };
  }
  if (status >= 400 && status < 500)
    return { kind: 'refused', code: refusalCode(status, description), error };
  return { kind: 'unavailable', error };
}

function pauseOf({ retryAfterMs, description }: Extract<BotCallFailure, { kind: 'answered' }>): number {
  if (retryAfterMs !== null) return retryAfterMs;
  const seconds = /retry after (\d{1,6})/i.exec(description)?.[1];
  return seconds === undefined ? UNNAMED_PAUSE_MS : Number(seconds) * 1_000;
}

/** The stable reason why Telegram will never accept the message, for records and metrics. */
type RefusalCode = (typeof refusals)[number]['code'] | 'FORBIDDEN' | 'OTHER';

/** Descriptions as Telegram's Bot API server writes them, most specific first. */
const refusals = [
  { code: 'BOT_BLOCKED', pattern: /blocked by the user|USER_IS_BLOCKED/i },
  { code: 'USER_DEACTIVATED', pattern: /user is deactivated|USER_DEACTIVATED/i },
  { code: 'BOT_KICKED', pattern: /bot was kicked/i },
  { code: 'BOT_NOT_MEMBER', pattern: /bot is not a member|CHANNEL_PRIVATE/i },
  { code: 'BOT_NOT_STARTED', pattern: /can't initiate conversation|can't send messages to (bots|the user)/i },
  { code: 'CHAT_MIGRATED', pattern: /upgraded to a supergroup/i },
  { code: 'CHAT_NOT_FOUND', pattern: /chat not found|PEER_ID_INVALID|group chat was deactivated/i },
  { code: 'THREAD_NOT_FOUND', pattern: /thread not found|TOPIC_DELETED|TOPIC_ID_INVALID/i },
  { code: 'THREAD_CLOSED', pattern: /TOPIC_CLOSED/i },
  {
    code: 'NOT_ENOUGH_RIGHTS',
    pattern:
      /not enough rights|no rights|need administrator rights|CHAT_(WRITE|SEND)\w*_FORBIDDEN|CHAT_RESTRICTED/i,
  },
  { code: 'TOO_LONG', pattern: /too long|MESSAGE_TOO_LONG|entity too large/i },
  { code: 'EMPTY_TEXT', pattern: /text is empty|text must be non-empty|MESSAGE_EMPTY/i },
  { code: 'MESSAGE_GONE', pattern: /message to edit not found|message can't be edited|MESSAGE_ID_INVALID/i },
  {
    code: 'REPLY_TARGET_NOT_FOUND',
    pattern: /message to (be replied|reply) not found|REPLY_MESSAGE_ID_INVALID/i,
  },
  { code: 'BAD_ENCODING', pattern: /must be encoded in UTF-8/i },
  { code: 'CANT_PARSE_ENTITIES', pattern: /can't parse|entit(y|ies)/i },
] as const;

function refusalCode(status: number, description: string): RefusalCode {
  const known = refusals.find(({ pattern }) => pattern.test(description));
  if (known) return known.code;
  return status === 403 ? 'FORBIDDEN' : 'OTHER';
}

/** Telegram refuses an edit that changes nothing: the message already has the text. */
export function saysSoAlready(failure: BotCallFailure): boolean {
  return failure.kind === 'answered' && /message is not modified/i.test(failure.description);
}

/** Telegram refused the formatting, not the text: plain text may pass. */
export function isFormattingRefusal(outcome: SendOutcome): boolean {
  return outcome.kind === 'refused' && outcome.code === 'CANT_PARSE_ENTITIES';
}

/** The topic was deleted, or the group has none any more. */
export function isThreadRefusal(outcome: SendOutcome): boolean {
  return outcome.kind === 'refused' && outcome.code === 'THREAD_NOT_FOUND';
}

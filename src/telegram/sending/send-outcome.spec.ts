import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ChatId } from '../../channel/ids.js';
import { isFormattingRefusal, outcomeOf } from './send-outcome.js';

const answered = (
  status: number,
  description: string,
  retryAfterMs: number | null = null,
  movedTo: ChatId | null = null,
) => outcomeOf({ kind: 'answered', status, description, retryAfterMs, movedTo });

describe('The outcome', () => {
  it('respects Telegram’s pause', () => {
    expect(answered(429, 'Too Many Requests: retry after 7', 7_000)).toMatchObject({
      kind: 'limited',
      retryAfterMs: 7_000,
    });
    expect(answered(429, 'Too Many Requests: retry after 9')).toMatchObject({
      kind: 'limited',
      retryAfterMs: 9_000,
    });
    expect(answered(429, 'Slow down')).toMatchObject({ kind: 'limited', retryAfterMs: 5_000 });
  });

  it.each([500, 502, 504])('of %i by the Bot API is “not sent, try later”', (status) => {
    expect(answered(status, 'x').kind).toBe('unavailable');
  });

  it('of a wrong token or address is left to an operator, and the message waits', () => {
    expect(answered(401, 'Unauthorized')).toEqual({
      kind: 'unavailable',
      error: '401: Unauthorized (is the bot’s token right?)',
    });
    expect(answered(404, 'Not Found').kind).toBe('unavailable');
  });

  it('of a group that became a supergroup names its new id', () => {
    const description = 'Bad Request: group chat was upgraded to a supergroup chat';
    expect(answered(400, description, null, ChatId('-1001'))).toEqual({
      kind: 'moved',
      toChatId: '-1001',
      error: `400: ${description}`,
    });
  });

  it('of a missing connection is “not sent”; of a broken one “unknown”', () => {
    expect(outcomeOf({ kind: 'not-sent', description: 'refused' })).toEqual({
      kind: 'unavailable',
      error: 'refused',
    });
    expect(outcomeOf({ kind: 'no-answer', description: 'reset', retryAfterMs: null })).toEqual({
      kind: 'unknown',
      error: 'reset',
    });
  });

  it('of a gateway’s pause is still unknown for the message', () => {
    expect(outcomeOf({ kind: 'no-answer', description: 'HTTP 503', retryAfterMs: 7_000 })).toEqual({
      kind: 'unknown',
      error: 'HTTP 503',
      retryAfterMs: 7_000,
    });
  });

  it.each([
    [403, 'Forbidden: bot was blocked by the user', 'BOT_BLOCKED'],
    [403, 'Forbidden: user is deactivated', 'USER_DEACTIVATED'],
    [403, 'Forbidden: bot was kicked from the supergroup chat', 'BOT_KICKED'],
    [403, 'Forbidden: bot is not a member of the channel chat', 'BOT_NOT_MEMBER'],
    [403, "Forbidden: bot can't initiate conversation with a user", 'BOT_NOT_STARTED'],
    [403, 'Forbidden: something new', 'FORBIDDEN'],
    [400, 'Bad Request: chat not found', 'CHAT_NOT_FOUND'],
    [400, 'Bad Request: message thread not found', 'THREAD_NOT_FOUND'],
    [400, 'Bad Request: TOPIC_CLOSED', 'THREAD_CLOSED'],
    [400, 'Bad Request: not enough rights to send text messages to the chat', 'NOT_ENOUGH_RIGHTS'],
    [400, 'Bad Request: message is too long', 'TOO_LONG'],
    [413, 'Request Entity Too Large', 'TOO_LONG'],
    [400, 'Bad Request: message text is empty', 'EMPTY_TEXT'],
    [400, "Bad Request: can't parse entities: Unsupported start tag", 'CANT_PARSE_ENTITIES'],
    [400, 'Bad Request: ENTITY_BOUNDS_INVALID', 'CANT_PARSE_ENTITIES'],
    [400, 'Bad Request: group chat was upgraded to a supergroup chat', 'CHAT_MIGRATED'],
    [400, 'Bad Request: message to be replied not found', 'REPLY_TARGET_NOT_FOUND'],
    [400, 'Bad Request: strings must be encoded in UTF-8', 'BAD_ENCODING'],
    [400, 'Bad Request: something new', 'OTHER'],
  ])('of %i %j is a refusal as %s', (status, description, code) => {
    const outcome = answered(status, description);
    expect(outcome).toEqual({ kind: 'refused', code, error: `${status}: ${description}` });
    expect(isFormattingRefusal(outcome)).toBe(code === 'CANT_PARSE_ENTITIES');
  });

  it('is never unknown for an answered send, whatever the answer', () => {
    fc.assert(
      fc.property(fc.integer({ min: 100, max: 999 }), fc.string(), (status, description) => {
        expect(['limited', 'unavailable', 'refused']).toContain(answered(status, description).kind);
      }),
    );
  });
});

import { describe, expect, it } from 'vitest';
import { NO_THREAD, ThreadId } from '../../channel/ids.js';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import { guestAnswerOf, guestVia, routeOf, routeParams } from './chat-route.js';
import { readWritten } from '../../../test/support/read-written.js';

const bot = { id: 123_456, username: 'Double_Bot' };
const person = newChatId();
const group = -newChatId();

describe('routeOf, and back', () => {
  it.each([
    ['a chat', {}, { threadId: NO_THREAD, via: null }, {}],
    [
      'a topic',
      { is_topic_message: true, message_thread_id: 7 },
      { threadId: ThreadId('7'), via: null },
      { message_thread_id: 7 },
    ],
    [
      'a topic of direct messages',
      { direct_messages_topic: { topic_id: 9 } },
      { threadId: ThreadId('9'), via: 'direct' },
      { direct_messages_topic_id: 9 },
    ],
  ])('%s', (_, message, route, params) => {
    expect(routeOf(message)).toEqual(route);
    expect(routeParams(route)).toEqual(params);
  });

  it('gives a business account another conversation than the bot’s own with the same person, one for each account', () => {
    const [one, other] = ['conn-1', 'conn-2'].map((id) => routeOf({ business_connection_id: id }));
    expect(Number(one?.threadId)).toBeLessThan(0);
    expect(one?.threadId).not.toBe(other?.threadId);
    expect(one).toEqual(routeOf({ business_connection_id: 'conn-1' }));
    expect(one && routeParams(one)).toEqual({ business_connection_id: 'conn-1' });
  });
});

describe('a guest', () => {
  it('has one message for each query, which differs from an answered one', () => {
    const route = routeOf({ guest_query_id: 'q-1' });
    expect(Number(route.threadId)).toBeLessThan(0);
    expect(guestAnswerOf(route)).toEqual({ queryId: 'q-1', inlineMessageId: null });
    expect(guestAnswerOf({ via: guestVia('q-1', 'm-1') })).toEqual({
      queryId: 'q-1',
      inlineMessageId: 'm-1',
    });
    expect(guestAnswerOf(routeOf({}))).toBeNull();
    expect(routeParams(route)).toEqual({});
  });

  it('addresses the bot without its name', () => {
    const { message, ...update } = textUpdate(group, 'hi', { guest_query_id: 'q-2' });
    expect(readWritten({ ...update, guest_message: message }, bot)?.text).toBe('hi');
  });
});

describe('a business message', () => {
  const read = (overrides: object, kind = 'business_message') => {
    const { message, ...update } = textUpdate(person, 'hi', { business_connection_id: 'c', ...overrides });
    return readWritten({ ...update, [kind]: message }, bot);
  };

  it('of a customer addresses the bot', () => {
    expect(read({})).toMatchObject({ text: 'hi', kind: 'message', chat: { via: 'business:c' } });
    expect(read({}, 'edited_business_message')).toMatchObject({ kind: 'edit' });
  });

  it('of the account’s owner, or of a bot that answers for them, does not', () => {
    expect(read({ from: { id: person + 1, first_name: 'Owner' } })).toBeNull();
    expect(read({ from: undefined })).toBeNull();
  });
});

describe('a direct message to a channel', () => {
  it('addresses the bot without its name', () => {
    const direct = { direct_messages_topic: { topic_id: 9 } };
    expect(readWritten(textUpdate(group, 'hi', direct), bot)).toMatchObject({ chat: { threadId: '9' } });
    expect(readWritten(textUpdate(group, 'hi'), bot)?.isGroupContext).toBe(true);
  });

  it('of the channel itself does not', () => {
    const ours = { direct_messages_topic: { topic_id: 9 }, sender_chat: { id: -5, type: 'channel' } };
    expect(readWritten(textUpdate(group, 'hi', ours), bot)).toBeNull();
  });
});

describe('a message of another bot', () => {
  const from = { id: 77, is_bot: true, first_name: 'Other', username: 'other_bot' };

  it('differs from one that Telegram writes for an anonymous admin or a channel', () => {
    const text = 'hi @double_bot';
    expect(readWritten(textUpdate(group, text, { from }), bot)?.isFromBot).toBe(true);
    const sender_chat = { id: group, type: 'supergroup' };
    expect(readWritten(textUpdate(group, text, { from, sender_chat }), bot)?.isFromBot).toBe(false);
    expect(readWritten(textUpdate(group, text), bot)?.isFromBot).toBe(false);
  });
});

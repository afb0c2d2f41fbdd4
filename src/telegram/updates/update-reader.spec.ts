import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import { readWritten } from '../../../test/support/read-written.js';
import { readUpdate } from './update-reader.js';

const bot = { id: 123_456, username: 'Double_Bot' };
const person = newChatId();

describe('readUpdate, of an update without a use', () => {
  const { message } = textUpdate(person, 'hi');
  it.each([
    'channel_post',
    'edited_channel_post',
    'callback_query',
    'inline_query',
    'message_reaction',
    'my_chat_member',
    'pre_checkout_query',
    'chat_join_request',
    'poll',
    'a_kind_of_tomorrow',
  ])('ignores %s', (kind) => {
    expect(readUpdate({ update_id: 1, [kind]: message }, bot)).toBeNull();
  });

  it.each([
    ['a service message', { text: undefined, pinned_message: message }],
    ['nothing', { text: undefined }],
    ['a photo without sizes', { text: undefined, photo: [] }],
    ['an empty text', { text: '' }],
    ['white space', { text: ' \n\t' }],
    ['only NUL', { text: '\0' }],
    ['a text that is none', { text: { toString: 'x' } }],
    ['no chat', { chat: undefined }],
    ['a chat id in a string', { chat: { id: '42', type: 'private' } }],
    ['a chat id that is a fraction', { chat: { id: 4.2, type: 'private' } }],
    ['a chat id beyond 2^53', { chat: { id: 2 ** 53, type: 'private' } }],
    ['chat 0', { chat: { id: 0, type: 'private' } }],
    ['a channel', { chat: { id: -5, type: 'channel' } }],
  ])('ignores a message with %s', (_, overrides) => {
    expect(readUpdate(textUpdate(person, 'hi', overrides), bot)).toBeNull();
  });

  it.each(['1', 1.5, 2 ** 53, null, undefined, {}])('ignores the update_id %j', (id) => {
    expect(readUpdate({ update_id: id, message }, bot)).toBeNull();
  });

  it('reads own properties only', () => {
    const update: unknown = JSON.parse(`{"update_id":1,"__proto__":${JSON.stringify({ message })}}`);
    expect(readUpdate(update, bot)).toBeNull();
    expect(readUpdate(Object.create({ update_id: 1, message }), bot)).toBeNull();
  });
});

describe('readUpdate, of anything', () => {
  it('never throws on arbitrary JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.boolean(), (json, named) => void readUpdate(json, named ? bot : null)),
    );
  });

  it('never throws on a message of arbitrary fields, and what it reads can be stored', () => {
    const anything = fc.jsonValue({ maxDepth: 2 });
    const integer = fc.integer({ min: -5, max: 5 });
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('\ud800 @double_bot \0', '/help@\udc00', '/start'),
    );
    const chat = fc.record({
      id: fc.oneof(integer, anything),
      type: fc.oneof(fc.constant('private'), anything),
      title: text,
    });
    const message = fc.record(
      {
        message_id: fc.oneof(integer, anything),
        chat: fc.oneof(chat, anything),
        from: fc.oneof(fc.record({ id: integer, first_name: text, language_code: text }), anything),
        text: fc.oneof(text, anything),
        caption: text,
        entities: anything,
        reply_to_message: anything,
        quote: fc.record({ text }),
        forward_origin: anything,
        photo: fc.oneof(fc.array(fc.record({ file_id: text, width: integer, file_size: integer })), anything),
        document: fc.oneof(fc.record({ file_id: text, file_name: text, mime_type: text }), anything),
        sticker: fc.oneof(fc.record({ emoji: text }), anything),
        poll: fc.oneof(fc.record({ question: text, options: fc.array(fc.record({ text })) }), anything),
        contact: fc.oneof(fc.record({ first_name: text, phone_number: text }), anything),
        is_topic_message: fc.constantFrom(true, 'true'),
        message_thread_id: fc.oneof(integer, anything),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(message, anything), (message) => {
        const inbound = readWritten({ update_id: 1, message }, bot);
        if (!inbound) return;
        const { chat, sender } = inbound;
        const command = inbound.kind === 'command' ? inbound.command : null;
        for (const kept of [
          inbound.text,
          chat.title,
          chat.type,
          chat.username,
          sender?.firstName,
          command?.args,
          ...inbound.attachments.flatMap(({ ref, name, mediaType }) => [ref, name, mediaType]),
        ]) {
          expect(kept?.isWellFormed() ?? true).toBe(true);
          expect(kept ?? '').not.toContain('\0');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('survives deep nesting', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 50_000; level++) deep = { reply_to_message: deep, chat: deep };
    expect(readUpdate({ update_id: 1, message: deep }, bot)).toBeNull();
  });
});

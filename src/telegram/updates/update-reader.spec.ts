import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newChatId, replyUpdate, textUpdate } from '../../../test/support/updates.js';
import { readUpdate } from './update-reader.js';

const bot = { id: 123_456, username: 'Double_Bot' };
const person = newChatId();
const group = -newChatId();

const read = (chat: number, text: string, overrides: Record<string, unknown> = {}) =>
  readUpdate(textUpdate(chat, text, overrides), bot);

describe('readUpdate, of a group that becomes a supergroup', () => {
  const moved = (fields: object) => {
    const { message, ...update } = textUpdate(group, 'x');
    const { text: _none, ...service } = message;
    return readUpdate({ ...update, message: { ...service, ...fields } }, bot);
  };

  it('takes the word of the old chat and of the new one', () => {
    const move = { fromChatId: BigInt(group), toChatId: -1_001_234_567_890n };
    expect(moved({ migrate_to_chat_id: -1_001_234_567_890 })).toMatchObject({ moved: move, text: '' });
    expect(moved({ migrate_from_chat_id: -77 })).toMatchObject({
      moved: { fromChatId: -77n, toChatId: BigInt(group) },
    });
  });

  it.each([
    ['no id', { migrate_to_chat_id: 'soon' }],
    ['both ways', { migrate_to_chat_id: -5, migrate_from_chat_id: -6 }],
    ['a fraction', { migrate_from_chat_id: 0.5 }],
  ])('takes no notice of %s', (_name, fields) => {
    expect(moved(fields)).toBeNull();
  });
});

describe('readUpdate, of a private chat', () => {
  it('takes a text with all that is known about the chat and its sender', () => {
    const update = textUpdate(person, 'Hello');
    expect(readUpdate(update, bot)).toEqual({
      externalId: String(update.update_id),
      chat: {
        chatId: BigInt(person),
        threadId: 0n,
        type: 'private',
        title: 'Ada Lovelace',
        username: `ada${person}`,
      },
      sender: {
        userId: BigInt(person),
        firstName: 'Ada',
        lastName: 'Lovelace',
        username: `ada${person}`,
        languageCode: 'en',
      },
      text: 'Hello',
      forwardedFrom: null,
      command: null,
      press: null,
      stoppedPreview: null,
      channelMessageId: BigInt(Number(update.message['message_id'])),
      isEdit: false,
      inBatch: false,
    });
  });

  it('tells an edited message, which commands nothing', () => {
    const { message, ...update } = textUpdate(person, '/stop');
    expect(readUpdate({ ...update, edited_message: message }, bot)).toMatchObject({
      isEdit: true,
      text: '/stop',
      command: null,
    });
  });

  it.each([{ media_group_id: '1' }, { forward_origin: { type: 'hidden_user' } }])(
    'tells that others come with it: %j',
    (field) => {
      expect(read(person, 'one of several', field)?.inBatch).toBe(true);
    },
  );

  it('takes a caption as the text', () => {
    expect(read(person, '', { text: undefined, photo: [], caption: 'Look' })?.text).toBe('Look');
  });

  it('keeps what was written, spaces and mentions included', () => {
    expect(read(person, '  hi @double_bot\n')?.text).toBe('  hi @double_bot\n');
  });

  it('takes a message without a sender, and a sender without a name', () => {
    expect(read(person, 'hi', { from: undefined })?.sender).toBeNull();
    expect(read(person, 'hi', { from: { id: 7 } })?.sender).toEqual({
      userId: 7n,
      firstName: '',
      lastName: null,
      username: null,
      languageCode: null,
    });
  });

  it('tells a chat without a type by its id', () => {
    expect(read(person, 'hi', { chat: { id: person } })?.chat.type).toBe('private');
    expect(read(group, 'hi', { chat: { id: group } })).toBeNull();
    expect(read(group, 'hi @double_bot', { chat: { id: group } })?.chat.type).toBe('group');
  });

  it('keeps ids of 52 bits exactly', () => {
    const id = 2 ** 52 - 1;
    expect(read(person, 'hi', { chat: { id, type: 'private' } })?.chat.chatId).toBe(4_503_599_627_370_495n);
    expect(read(person, '/help', { chat: { id: -id, type: 'supergroup' } })?.chat.chatId).toBe(
      -4_503_599_627_370_495n,
    );
  });

  it('reads the topic of a message of a topic, and no other thread', () => {
    expect(read(person, 'hi', { message_thread_id: 7, is_topic_message: true })?.chat.threadId).toBe(7n);
    expect(read(person, 'hi', { message_thread_id: 7 })?.chat.threadId).toBe(0n);
    expect(read(person, 'hi', { message_thread_id: '7', is_topic_message: true })?.chat.threadId).toBe(0n);
  });

  it.each([
    ['NUL characters', 'a\0b', 'ab'],
    ['lone surrogates', 'a\ud800b\udc00', 'a\ufffdb\ufffd'],
  ])('cleans %s, which PostgreSQL cannot store', (_, written, kept) => {
    const inbound = read(person, written, { from: { id: 1, first_name: written } });
    expect(inbound).toMatchObject({ text: kept, sender: { firstName: kept } });
  });

  it('caps what no Telegram client could have sent', () => {
    const inbound = read(person, 'x'.repeat(100_000), { from: { id: 1, first_name: 'y'.repeat(1_000) } });
    expect(inbound?.text).toHaveLength(65_536);
    expect(inbound?.sender?.firstName).toHaveLength(256);
  });
});

describe('readUpdate, of commands', () => {
  it.each([
    ['/start', 'start', '', '/start'],
    ['/start deep-link', 'start', 'deep-link', '/start deep-link'],
    ['/HELP', 'help', '', '/HELP'],
    ['/reset@double_bot', 'reset', '', '/reset'],
    ['/reset@DOUBLE_BOT now  please ', 'reset', 'now  please', '/reset now  please '],
    ['/help\nme', 'help', 'me', '/help\nme'],
  ])('%j is a command, in private and in groups', (written, name, args, text) => {
    for (const chat of [person, group]) {
      expect(read(chat, written)).toMatchObject({ command: { name, args }, text });
    }
  });

  it.each(['/weather London', '/startle', '/start-up', '/', ' /start', '//start', '/start@', 'say /start'])(
    '%j is a message like any other in a private chat',
    (written) => {
      expect(read(person, written)).toMatchObject({ command: null, text: written });
    },
  );

  it('an unknown slash word in a group is a message to the bot', () => {
    expect(read(group, '/weather')).toMatchObject({ command: null, text: '/weather' });
    expect(read(group, '/weather@double_bot in Rome')).toMatchObject({
      command: null,
      text: '/weather in Rome',
    });
  });

  it('a command for another bot is none of ours in a group, whatever else it says', () => {
    expect(read(group, '/start@other_bot')).toBeNull();
    expect(read(group, '/start@other_bot @double_bot')).toBeNull();
  });
});

describe('readUpdate, of groups', () => {
  it.each(['supergroup', 'group', 'a type of tomorrow'])('is silent about chatter in a %s', (type) => {
    expect(read(group, 'lunch?', { chat: { id: group, type, title: 'G' } })).toBeNull();
  });

  it.each(['@double_bot hi', 'hi @Double_Bot', 'hi,@double_bot!', 'a (@DOUBLE_BOT)'])(
    'takes a mention: %j',
    (text) => {
      expect(read(group, text)?.text).toBe(text);
    },
  );

  it.each(['@double_bots', 'me@double_bot.example', '@@double_bot', '@double', '@other_bot'])(
    '%j is no mention of this bot',
    (text) => {
      expect(read(group, text)).toBeNull();
    },
  );

  it('takes a mention in a caption and one by link', () => {
    expect(read(group, '', { text: undefined, caption: '@double_bot what is it?' })?.text).toContain('what');
    const entities = [{ type: 'text_mention', offset: 0, length: 3, user: { id: bot.id, is_bot: true } }];
    expect(read(group, 'you there', { entities })?.text).toBe('you there');
    expect(read(group, 'you there', { entities: [{ type: 'text_mention', user: { id: 1 } }] })).toBeNull();
  });

  it('takes a reply to itself and no other', () => {
    expect(readUpdate(replyUpdate(group, 'why?', bot), bot)?.text).toBe('why?');
    expect(readUpdate(replyUpdate(group, 'why?', { id: 5, username: 'other_bot' }), bot)).toBeNull();
  });

  it('does not take every message of a topic it opened for a reply', () => {
    const opened = { message_id: 1, from: { id: bot.id, is_bot: true }, forum_topic_created: { name: 'T' } };
    expect(read(group, 'lunch?', { reply_to_message: opened })).toBeNull();
  });

  it('takes what names any bot while it does not know its own name, so that nothing is lost at a start', () => {
    const readUnnamed = (text: string) => readUpdate(textUpdate(group, text), null);
    expect(readUnnamed('@double_bot hi')).not.toBeNull();
    expect(readUnnamed('/help@double_bot')?.command).toEqual({ name: 'help', args: '' });
    expect(readUpdate(replyUpdate(group, 'why?', bot), null)).not.toBeNull();
    expect(readUnnamed('@ada hi')).toBeNull();
    expect(readUnnamed('lunch?')).toBeNull();
  });
});

describe('readUpdate, of what the bot has no use for', () => {
  const { message } = textUpdate(person, 'hi');
  it.each([
    'channel_post',
    'edited_channel_post',
    'business_message',
    'guest_message',
    'callback_query',
    'stopped_message_generation',
    'inline_query',
    'message_reaction',
    'my_chat_member',
    'poll',
    'a_kind_of_tomorrow',
  ])('ignores %s', (kind) => {
    expect(readUpdate({ update_id: 1, [kind]: message }, bot)).toBeNull();
  });

  it.each([
    ['a sticker', { text: undefined, sticker: { file_id: 'x' } }],
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
        is_topic_message: fc.constantFrom(true, 'true'),
        message_thread_id: fc.oneof(integer, anything),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(message, anything), (message) => {
        const inbound = readUpdate({ update_id: 1, message }, bot);
        if (!inbound) return;
        const { chat, sender, command } = inbound;
        for (const kept of [
          inbound.text,
          chat.title,
          chat.type,
          chat.username,
          sender?.firstName,
          command?.args,
        ]) {
          expect(kept?.isWellFormed() ?? true).toBe(true);
          expect(kept ?? '').not.toContain('\0');
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is not impressed by deep nesting', () => {
    let deep: unknown = 'x';
    for (let level = 0; level < 50_000; level++) deep = { reply_to_message: deep, chat: deep };
    expect(readUpdate({ update_id: 1, message: deep }, bot)).toBeNull();
  });
});

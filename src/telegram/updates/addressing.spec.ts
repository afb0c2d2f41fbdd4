import { describe, expect, it } from 'vitest';
import { newChatId, replyUpdate, textUpdate } from '../../../test/support/updates.js';
import { readWritten as readAny } from '../../../test/support/read-written.js';

const bot = { id: 123_456, username: 'Double_Bot' };
const group = -newChatId();

/** The text addressed to the bot; null if there is none. */
const readWritten = (...args: Parameters<typeof readAny>) => {
  const inbound = readAny(...args);
  return inbound?.isGroupContext ? null : inbound;
};
const read = (chat: number, text: string, overrides: Record<string, unknown> = {}) =>
  readWritten(textUpdate(chat, text, overrides), bot);

describe('a message of a group', () => {
  it.each(['supergroup', 'group', 'a type of tomorrow'])('ignores chatter in a %s', (type) => {
    expect(read(group, 'lunch?', { chat: { id: group, type, title: 'G' } })).toBeNull();
  });

  it.each(['@double_bot hi', 'hi @Double_Bot', 'hi,@double_bot!', 'a (@DOUBLE_BOT)'])(
    'reads a mention: %j',
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

  it('reads a mention in a caption and one by link', () => {
    expect(read(group, '', { text: undefined, caption: '@double_bot what is it?' })?.text).toContain('what');
    const entities = [{ type: 'text_mention', offset: 0, length: 3, user: { id: bot.id, is_bot: true } }];
    expect(read(group, 'you there', { entities })?.text).toBe('you there');
    expect(read(group, 'you there', { entities: [{ type: 'text_mention', user: { id: 1 } }] })).toBeNull();
  });

  it('reads a reply to itself and no other', () => {
    expect(readWritten(replyUpdate(group, 'why?', bot), bot)?.text).toContain('why?');
    expect(readWritten(replyUpdate(group, 'why?', { id: 5, username: 'other_bot' }), bot)).toBeNull();
  });

  it('reads a sticker or a photo that replies to it, and no other', () => {
    const sticker = { text: undefined, sticker: { file_id: 'x', emoji: '👍' } };
    expect(readWritten(replyUpdate(group, '', bot), bot)).toBeNull();
    const { reply_to_message } = replyUpdate(group, '', bot).message;
    expect(read(group, '', { ...sticker, reply_to_message })?.text).toContain('[sticker 👍]');
    expect(read(group, '', sticker)).toBeNull();
  });

  it('does not take every message of a topic it opened for a reply', () => {
    const opened = { message_id: 1, from: { id: bot.id, is_bot: true }, forum_topic_created: { name: 'T' } };
    expect(read(group, 'lunch?', { reply_to_message: opened })).toBeNull();
  });

  it('is group context otherwise, but for commands to other bots', () => {
    const chatter = readAny(textUpdate(group, 'lunch?'), bot);
    expect(chatter).toMatchObject({ isGroupContext: true, text: 'lunch?', kind: 'message' });
    expect(readAny(textUpdate(group, '/help@other_bot'), bot)).toBeNull();
    expect(readAny(textUpdate(-group, 'lunch?'), bot)?.isGroupContext).toBe(false);
  });

  it('is group context where a channel posted it, whatever it says', () => {
    const sender_chat = { id: -5, type: 'channel', title: 'News' };
    const post = {
      sender_chat,
      is_automatic_forward: true,
      forward_origin: { type: 'channel', chat: sender_chat },
    };
    for (const text of ['@double_bot hi', '/help', '/help@double_bot'])
      expect(readAny(textUpdate(group, text, post), bot)).toMatchObject({
        isGroupContext: true,
        kind: 'message',
      });
  });

  it('reads any bot’s name while it does not know its own, so that no message is lost at a start', () => {
    const readUnnamed = (text: string) => readWritten(textUpdate(group, text), null);
    expect(readUnnamed('@double_bot hi')).not.toBeNull();
    expect(readUnnamed('/help@double_bot')).toMatchObject({ command: { name: 'help', args: '' } });
    expect(readWritten(replyUpdate(group, 'why?', bot), null)).not.toBeNull();
    expect(readUnnamed('@ada hi')).toBeNull();
    expect(readUnnamed('lunch?')).toBeNull();
  });
});

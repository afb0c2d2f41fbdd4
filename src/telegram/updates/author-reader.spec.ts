import { describe, expect, it } from 'vitest';
import { readAuthor } from './author-reader.js';

const chat = { id: -100, type: 'supergroup', title: 'Our group' };
const groupBot = { id: 1_087_968_824, is_bot: true, first_name: 'Group', username: 'GroupAnonymousBot' };
const channelBot = { id: 136_817_688, is_bot: true, first_name: 'Channel', username: 'Channel_Bot' };
const news = { id: -200, type: 'channel', title: 'News', username: 'the_news' };

describe('The author of a message', () => {
  it('is the person', () => {
    expect(readAuthor({ chat, from: { id: 5, first_name: 'Ada' } })).toMatchObject({
      userId: '5',
      firstName: 'Ada',
    });
    expect(readAuthor({ chat })).toBeNull();
  });

  it('is an admin of this group, by their title if they have one, and not the pseudo user of all such admins', () => {
    const message = { chat, from: groupBot, sender_chat: chat };
    expect(readAuthor(message)).toMatchObject({ userId: '-100', isChat: true, firstName: 'an admin' });
    expect(readAuthor({ ...message, author_signature: 'Moderator\n[x]' })?.firstName).toBe('Moderator x');
  });

  it('is the channel, and not the pseudo user of all channels', () => {
    const message = { chat, from: channelBot, sender_chat: news, author_signature: 'Bob' };
    expect(readAuthor(message)).toMatchObject({
      userId: '-200',
      isChat: true,
      firstName: 'News',
      username: 'the_news',
    });
    expect(readAuthor({ ...message, sender_chat: { id: -200 } })?.firstName).toBe('a channel');
  });

  it.each([
    { sender_chat: {} },
    { sender_chat: null },
    { sender_chat: { id: 0 } },
    { sender_chat: { id: '5' } },
  ])('is the person where the chat cannot be read: %j', (broken) => {
    expect(readAuthor({ chat, from: { id: 5, first_name: 'Ada' }, ...broken })?.userId).toBe('5');
  });
});

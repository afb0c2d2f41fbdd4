import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChannelMessageId, ChatId, NO_THREAD } from '../../channel/ids.js';
import { telegramChannel } from '../../../test/support/telegram-channel.js';
import { TelegramDouble } from '../../../test/support/telegram-double.js';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import { readFileRef, writeFileRef } from '../telegram-files.js';

const never = new AbortController().signal;

describe('A channel whose bot is not configured', () => {
  let telegram: TelegramDouble;
  beforeEach(async () => {
    telegram = await TelegramDouble.start();
  });
  afterEach(() => telegram.close());

  const gone = (chat: number) => ({
    channel: 'telegram:gone',
    chatId: ChatId(String(chat)),
    threadId: NO_THREAD,
    via: null,
  });
  const why = 'the token of "gone" in TELEGRAM_BOTS_FILE is not set';

  it('is not served, and no other bot sends in its name', async () => {
    const channel = telegramChannel(telegram);
    expect([channel.serves('telegram'), channel.serves('telegram:gone')]).toEqual([true, false]);
    const place = gone(newChatId());
    const body = { text: 'hi', entities: [] };
    expect(await channel.send(place, body, never)).toEqual({ kind: 'unavailable', error: why });
    expect(await channel.edit(place, ChannelMessageId('1'), body, never)).toEqual({
      kind: 'unavailable',
      error: why,
    });
    expect(await channel.previews.show(place, 1, body, never)).toEqual({ kind: 'unavailable', error: why });
    await channel.typing.show(place, never);
    await channel.buttons.answerPress('telegram:gone', { id: '1', data: '' }, 'done', never);
    expect(await channel.files.fetch('telegram:gone|a-file', 9, never)).toMatchObject({
      kind: 'unavailable',
    });
    expect(telegram.calls).toEqual([]);
  });

  it('is still read, because its events are part of its history', () => {
    const update = textUpdate(newChatId(), 'hello');
    expect(telegramChannel(telegram).read('telegram:gone', update)).toMatchObject({
      channel: 'telegram:gone',
      text: 'hello',
    });
  });
});

describe('Access to a bot', () => {
  it('is decided for each bot by itself', () => {
    const bot = { webhookSecret: null, previousWebhookSecret: null, systemPrompt: null, model: null };
    const bots = [{ ...bot, name: 'support', token: '2:x', chatRateLimit: null, allowedChats: ['7'] }];
    const channel = telegramChannel(
      { token: '1:x', root: 'http://localhost' },
      { allowedChats: ['5'], bots },
    );
    const admits = (name: string, chat: number) => {
      const received = channel.read(name, textUpdate(chat, 'hi'));
      return received !== null && channel.admission(received) === 'admitted';
    };
    expect([admits('telegram', 5), admits('telegram', 7)]).toEqual([true, false]);
    expect([admits('telegram:support', 5), admits('telegram:support', 7)]).toEqual([false, true]);
  });
});

describe('The ref of a file', () => {
  it.each([
    [{ channel: 'telegram', fileId: 'AgACAgQ-_9' }, 'AgACAgQ-_9'],
    [{ channel: 'telegram:support', fileId: 'AgACAgQ-_9' }, 'telegram:support|AgACAgQ-_9'],
  ])('of %j is %j, and both can be read back', (file, ref) => {
    expect(writeFileRef(file)).toBe(ref);
    expect(readFileRef(ref)).toEqual(file);
  });
});

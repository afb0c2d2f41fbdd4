import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { telegramChannel } from '../../../test/support/telegram-channel.js';
import { TelegramDouble } from '../../../test/support/telegram-double.js';
import { newChatId, textUpdate } from '../../../test/support/updates.js';
import { readFileRef, writeFileRef } from './file-ref.js';

const never = new AbortController().signal;

describe('A channel whose bot is not configured', () => {
  let telegram: TelegramDouble;
  beforeEach(async () => {
    telegram = await TelegramDouble.start();
  });
  afterEach(() => telegram.close());

  const gone = (chat: number) => ({
    channel: 'telegram:gone',
    chatId: BigInt(chat),
    threadId: 0n,
    via: null,
  });
  const why = 'the token of "gone" in TELEGRAM_BOTS_FILE is not set';

  it('is not served, and nothing is sent in its name by another bot', async () => {
    const channel = telegramChannel(telegram);
    expect([channel.serves('telegram'), channel.serves('telegram:gone')]).toEqual([true, false]);
    const place = gone(newChatId());
    const body = { text: 'hi', entities: [] };
    expect(await channel.send(place, body, never)).toEqual({ kind: 'unavailable', error: why });
    expect(await channel.edit(place, 1n, body, never)).toEqual({ kind: 'unavailable', error: why });
    expect(await channel.preview(place, 1, body, never)).toEqual({ kind: 'unavailable', error: why });
    await channel.showBusy(place, never);
    await channel.answerPress('telegram:gone', { id: '1', data: '' }, 'done', never);
    expect(await channel.fetchFile('telegram:gone|a-file', 9, never)).toMatchObject({ kind: 'unavailable' });
    expect(telegram.calls).toEqual([]);
  });

  it('is read all the same, for what came before is part of its history', () => {
    const update = textUpdate(newChatId(), 'hello');
    expect(telegramChannel(telegram).read('telegram:gone', update)).toMatchObject({
      channel: 'telegram:gone',
      text: 'hello',
    });
  });
});

describe('Who may talk to a bot', () => {
  it('is each bot’s own matter', () => {
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
  ])('of %j is %j, and tells both again', (file, ref) => {
    expect(writeFileRef(file)).toBe(ref);
    expect(readFileRef(ref)).toEqual(file);
  });
});

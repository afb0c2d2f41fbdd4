import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ChatId, NO_THREAD } from '../../channel/ids.js';
import { telegramChannel } from '../../../test/support/telegram-channel.js';
import { TelegramDouble } from '../../../test/support/telegram-double.js';
import { newChatId } from '../../../test/support/updates.js';

const never = new AbortController().signal;
const LINK = 'see https://evil.example/?f=secret';
const OFF = { is_disabled: true };

let telegram: TelegramDouble;
beforeEach(async () => {
  telegram = await TelegramDouble.start();
});
afterEach(() => telegram.close());

/** Sends a text in every way a bot can: to a chat, in a person's name, as a guest; as a new message and as an edit. */
async function sayEverywhere(settings: Parameters<typeof telegramChannel>[1] = {}): Promise<void> {
  const channel = telegramChannel(telegram, settings);
  const [body = {}] = channel.compose(LINK);
  const vias = [null, 'business:b-1', 'direct', 'guest:g-1'];
  for (const via of vias) {
    const to = { channel: 'telegram', chatId: ChatId(String(newChatId())), threadId: NO_THREAD, via };
    const sent = await channel.send(to, body, never);
    if (sent.kind === 'sent') await channel.edit(to, sent.channelMessageId, body, never);
  }
  const guest = {
    channel: 'telegram',
    chatId: ChatId(String(newChatId())),
    threadId: NO_THREAD,
    via: 'guest:g-2',
  };
  const via = await channel.singleMessages.open(guest, `${LINK} …`, never);
  await channel.send({ ...guest, via }, body, never);
}

/** The link preview option of each call that carried a text. */
const options = (): unknown[] =>
  telegram.calls.flatMap(({ method, params }) => {
    if (method === 'sendMessage' || method === 'editMessageText') return [params['link_preview_options']];
    if (method !== 'answerGuestQuery') return [];
    return [Object(Object(params['result']).input_message_content).link_preview_options];
  });

describe('A link in a message of the bot', () => {
  it('is not fetched by Telegram, whichever way it is sent', async () => {
    await sayEverywhere();
    expect(new Set(telegram.calls.map(({ method }) => method))).toEqual(
      new Set(['sendMessage', 'editMessageText', 'answerGuestQuery']),
    );
    expect(options().length).toBeGreaterThan(6);
    expect(options()).toEqual(options().map(() => OFF));
  });

  it('is left to Telegram where TELEGRAM_LINK_PREVIEWS says so', async () => {
    await sayEverywhere({ linkPreviews: true });
    expect(options()).toEqual(options().map(() => undefined));
  });
});

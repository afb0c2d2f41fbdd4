import { afterEach, beforeEach, describe, expect, it } from 'vitest';
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

/** Says it in every way in which a bot can: in a chat, in the name of somebody, as a guest; first, and by an edit. */
async function sayEverywhere(settings: Parameters<typeof telegramChannel>[1] = {}): Promise<void> {
  const channel = telegramChannel(telegram, settings);
  const [body = {}] = channel.compose(LINK);
  const vias = [null, 'business:b-1', 'direct', 'guest:g-1'];
  for (const via of vias) {
    const to = { channel: 'telegram', chatId: BigInt(newChatId()), threadId: 0n, via };
    const sent = await channel.send(to, body, never);
    if (sent.kind === 'sent') await channel.edit(to, sent.channelMessageId, body, never);
  }
  const guest = { channel: 'telegram', chatId: BigInt(newChatId()), threadId: 0n, via: 'guest:g-2' };
  const via = await channel.open(guest, `${LINK} …`, never);
  await channel.send({ ...guest, via }, body, never);
}

/** What each call that brought a text said about the links in it. */
const options = (): unknown[] =>
  telegram.calls.flatMap(({ method, params }) => {
    if (method === 'sendMessage' || method === 'editMessageText') return [params['link_preview_options']];
    if (method !== 'answerGuestQuery') return [];
    return [Object(Object(params['result']).input_message_content).link_preview_options];
  });

describe('A link in what the bot says', () => {
  it('is not fetched by Telegram, whichever way it is said', async () => {
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

import type { RawApi } from 'grammy/web';
import type { Declining, UnusedPayloads } from '../channel/capabilities.js';
import type { Bots } from './bots/bots.js';
import { queryOf, updateKindOf, updateLanguageOf, type Query } from './updates/declined.js';

/** A sender waits no longer than this for the answer. */
const DECLINE_TIMEOUT_MS = 5_000;

/** Updates that the bot has no use for. */
export class TelegramUnusedUpdates implements UnusedPayloads {
  constructor(private readonly bots: Bots) {}

  kindOf(payload: unknown): string {
    return updateKindOf(payload);
  }

  async decline(
    channel: string,
    payload: unknown,
    wordsIn: (languageCode: string | null) => Declining,
    signal: AbortSignal,
  ): Promise<void> {
    const query = queryOf(payload);
    if (query === null) return;
    const words = wordsIn(updateLanguageOf(payload));
    try {
      await this.bots
        .findBot(channel)
        .api.call((api) => declineQuery(api, query, words), signal, DECLINE_TIMEOUT_MS);
    } catch {
      // Aborted: the caller stops waiting by itself.
    }
  }
}

/** How long Telegram may cache answers to inline queries, in seconds. */
const CACHE_S = 300;

/** Declines a query politely, so that its sender does not wait. */
async function declineQuery(api: RawApi, { kind, id }: Query, words: Declining): Promise<true> {
  switch (kind) {
    // https://core.telegram.org/bots/api#answerprecheckoutquery: within ten seconds, or the payment fails by itself.
    case 'payment':
      return await api.answerPreCheckoutQuery({
        pre_checkout_query_id: id,
        ok: false,
        error_message: words.payment,
      });
    case 'shipping':
      return await api.answerShippingQuery({
        shipping_query_id: id,
        ok: false,
        error_message: words.payment,
      });
    // No results, and a button that leads to the bot's own chat.
    case 'inline':
      return await api.answerInlineQuery({
        inline_query_id: id,
        results: [],
        cache_time: CACHE_S,
        button: { text: words.elsewhere, start_parameter: 'inline' },
      });
    case 'button':
      return await api.answerCallbackQuery({ callback_query_id: id });
  }
}

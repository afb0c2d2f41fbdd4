import type { RawApi } from 'grammy';
import type { Declining } from '../../channel/channel.js';
import type { Query } from '../updates/declined.js';

/** Answers to inline queries that are all alike may be kept by Telegram, in seconds. */
const CACHE_S = 300;

/** Tells who waits that there is nothing to wait for, politely. */
export async function declineQuery(api: RawApi, { kind, id }: Query, words: Declining): Promise<true> {
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

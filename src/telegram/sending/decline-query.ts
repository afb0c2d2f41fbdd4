import type { RawApi } from 'grammy';
import type { Declining } from '../../channel/capabilities.js';
import type { Query } from '../updates/declined.js';

/** How long Telegram may cache answers to inline queries, in seconds. */
const CACHE_S = 300;

/** Declines a query politely, so that its sender does not wait. */
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

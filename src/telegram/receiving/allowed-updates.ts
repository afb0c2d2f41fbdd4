/**
 * The kinds of updates requested from Telegram (https://core.telegram.org/bots/api#update). The server keeps the list
 * until it gets another and leaves out reactions by default, so the list names exactly the kinds that the bot reads or
 * declines. Other kinds are answered `ignored`.
 */
export const allowedUpdates = [
  'message',
  'edited_message',
  'business_message',
  'edited_business_message',
  'guest_message',
  'callback_query',
  'stopped_message_generation',
  'inline_query',
  'pre_checkout_query',
  'shipping_query',
  'message_reaction',
  'my_chat_member',
] as const;

/**
 * The kinds of updates Telegram is asked for (https://core.telegram.org/bots/api#update). The server keeps the list until
 * it is told another and leaves out reactions by itself, so every kind the bot reads or has to decline is named, and no
 * other: what comes all the same is answered `ignored`.
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

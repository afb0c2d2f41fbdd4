/**
 * The kinds of updates Telegram is asked for (https://core.telegram.org/bots/api#update). The server keeps the list until
 * it is told another and leaves out reactions by itself, so every kind the bot reads or will soon read is named; what it
 * has no use for yet is answered `ignored`.
 */
export const allowedUpdates = [
  'message',
  'edited_message',
  'callback_query',
  'stopped_message_generation',
  'message_reaction',
  'my_chat_member',
] as const;

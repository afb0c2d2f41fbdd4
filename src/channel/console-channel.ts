/** `conversations.channel` of conversations that operators alone read: see `WithConsole`. */
export const CONSOLE_CHANNEL = 'console';

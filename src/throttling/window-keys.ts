import { throttlerNames } from './throttlers.js';

/** The window out of which turns take a chat's messages. */
export const turnWindow = (chat: string): string => `turn:${chat}`;

/** The window of one limit of the HTTP side, for whoever is limited by it. */
export const doorWindow = (throttler: string, tracker: string): string => `door:${throttler}:${tracker}`;

/** Every window a chat can have. */
export const windowsOfChat = (chat: string): readonly string[] => [
  turnWindow(chat),
  doorWindow(throttlerNames.chat, chat),
];

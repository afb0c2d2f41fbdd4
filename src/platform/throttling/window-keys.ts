import { throttlerNames } from './throttlers.js';

/** The window from which turns take a chat's messages. */
export const turnWindow = (chat: string): string => `turn:${chat}`;

/** The window of one limit of the HTTP side, for the limited key. */
export const doorWindow = (throttler: string, tracker: string): string => `door:${throttler}:${tracker}`;

/** Every window that a chat can have. */
export const windowsOfChat = (chat: string): readonly string[] => [
  turnWindow(chat),
  doorWindow(throttlerNames.chat, chat),
];

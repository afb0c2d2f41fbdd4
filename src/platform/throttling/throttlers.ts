import type { ThrottlerOptions } from '@nestjs/throttler';
import type { ChatLimitSettings } from './chat-limit.settings.js';

const MINUTE_MS = 60_000;

/** The named limits of the HTTP side; each guard applies those it names. */
export const throttlerNames = {
  chat: 'chat',
  adminKey: 'admin-key',
  adminAddress: 'admin-address',
} as const;

export type ThrottlerName = (typeof throttlerNames)[keyof typeof throttlerNames];

/** Every limit in one place: the chat's comes from the settings, those of the admin API are fixed. */
export function throttlers({ limit, periodMs }: ChatLimitSettings): ThrottlerOptions[] {
  return [
    { name: throttlerNames.chat, limit, ttl: periodMs },
    { name: throttlerNames.adminKey, limit: 3_000, ttl: MINUTE_MS },
    { name: throttlerNames.adminAddress, limit: 6_000, ttl: MINUTE_MS },
  ];
}

/** The window from which turns take a chat's messages. */
export const turnWindow = (chat: string): string => `turn:${chat}`;

/** The window of one limit of the HTTP side, for the limited key. */
export const doorWindow = (throttler: string, tracker: string): string => `door:${throttler}:${tracker}`;

/** Every window that a chat can have. */
export const windowsOfChat = (chat: string): readonly string[] => [
  turnWindow(chat),
  doorWindow(throttlerNames.chat, chat),
];

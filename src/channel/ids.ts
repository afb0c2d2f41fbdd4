/**
 * Ids of a channel's chats, topics, people and messages: text in the channel's own words, compared for equality and
 * nothing else. Each function makes one where text enters: a received payload, a request, a setting, a row.
 */

export type ChatId = string & { readonly brand: 'ChatId' };
export const ChatId = (text: string): ChatId => text as ChatId;

/** A topic of a chat, or `NO_THREAD`. */
export type ThreadId = string & { readonly brand: 'ThreadId' };
export const ThreadId = (text: string): ThreadId => text as ThreadId;

/** The chat itself, without a topic. Not null, because it is part of unique keys. */
export const NO_THREAD = ThreadId('');

/** A person, or a chat in whose name somebody writes. */
export type UserId = string & { readonly brand: 'UserId' };
export const UserId = (text: string): UserId => text as UserId;

/** A message; unique in its chat only. */
export type ChannelMessageId = string & { readonly brand: 'ChannelMessageId' };
export const ChannelMessageId = (text: string): ChannelMessageId => text as ChannelMessageId;

import { chatOf, type TriggerTarget } from '../rules/trigger-target.js';
import type { ConversationRepository } from '../../memory/conversation.repository.js';

/** The conversations of chats, by `keyOf`. */
export type Places = ReadonlyMap<string, string>;

export type ChatTarget = Extract<TriggerTarget, { kind: 'chat' }>;

/** The conversations of these chats, as far as there are any. */
export async function findPlaces(
  conversations: ConversationRepository,
  chats: readonly ChatTarget[],
): Promise<Places> {
  if (chats.length === 0) return new Map();
  return placesOf(chats, (await conversations.places.find(chats.map(chatOf))).ids);
}

/** The same; missing ones are made, as far as they can be now. */
export async function makePlaces(
  conversations: ConversationRepository,
  chats: readonly ChatTarget[],
): Promise<Places> {
  return placesOf(chats, await conversations.resolve(chats.map(chatOf)));
}

/** The chats among the targets, each once. */
export function chatsOf(targets: readonly TriggerTarget[]): readonly ChatTarget[] {
  const chats = targets.flatMap((target) => (target.kind === 'chat' ? [target] : []));
  return [...new Map(chats.map((chat) => [keyOf(chat), chat])).values()];
}

/** The conversation of a target; null: its chat has none. */
export function placeOf(target: TriggerTarget, places: Places): string | null {
  switch (target.kind) {
    case 'conversation':
      return target.conversationId;
    case 'chat':
      return places.get(keyOf(target)) ?? null;
  }
}

const placesOf = (chats: readonly ChatTarget[], ids: readonly (string | undefined)[]): Places =>
  new Map(chats.flatMap((chat, index) => (ids[index] ? [[keyOf(chat), ids[index]] as const] : [])));

const keyOf = ({ channel, chatId, threadId }: ChatTarget): string =>
  JSON.stringify([channel, chatId, threadId]);

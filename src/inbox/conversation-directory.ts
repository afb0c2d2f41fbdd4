import { Injectable } from '@nestjs/common';
import { ConversationRepository } from '../memory/conversation.repository.js';
import type { ChatOfChannel } from '../memory/conversation-places.repository.js';
import { BoundedMap } from '../platform/runtime/bounded-map.js';

/** Ids kept in memory; 50,000 take about 10 MB. */
const CAPACITY = 50_000;

/** Decisions about chats that this process does not know. */
export interface Strangers<Chat> {
  /** For each of these chats without a conversation, in order: is it to have none? Called before any is made. */
  readonly areUnwelcome: (chats: readonly Chat[]) => Promise<readonly boolean[]>;
  /** Called before the first event is stored in conversations that were looked up. */
  readonly beforeEntry: () => Promise<void>;
}

/** The place of an event: a conversation's id; `unknown`: not known within milliseconds; `unwelcome`: none. */
export type ConversationPlace = string | typeof UNKNOWN | typeof UNWELCOME;
export const UNKNOWN = Symbol('unknown');
export const UNWELCOME = Symbol('unwelcome');

/**
 * Finds the conversation of a chat. Chats that were seen before come from memory, so the inbox rarely asks the
 * database.
 */
@Injectable()
export class ConversationDirectory {
  private readonly known = new BoundedMap<string, string>(CAPACITY);

  constructor(readonly conversations: ConversationRepository) {}

  /** Returns the places of these chats, in order, and makes missing conversations. Waits for no lock. */
  async locate<Chat extends ChatOfChannel>(
    chats: readonly Chat[],
    { areUnwelcome, beforeEntry }: Strangers<Chat>,
  ): Promise<ConversationPlace[]> {
    const places = chats.map((chat): ConversationPlace => this.known.get(keyOf(chat)) ?? UNKNOWN);
    if (!places.includes(UNKNOWN)) return places;
    const hasUnconfirmed = await this.lookUp(chats, places);
    const strangers = indexesOf(places, UNKNOWN);
    if (strangers.length > 0) {
      const unwelcome = await areUnwelcome(pick(chats, strangers));
      for (const [position, index] of strangers.entries())
        if (unwelcome[position] === true) places[index] = UNWELCOME;
      await this.make(chats, places);
    }
    if (hasUnconfirmed) await beforeEntry();
    return places;
  }

  private async make(chats: readonly ChatOfChannel[], places: ConversationPlace[]): Promise<void> {
    const missing = pick(chats, indexesOf(places, UNKNOWN));
    if (missing.length === 0) return;
    const once = new Map(missing.map((chat) => [keyOf(chat), chat]));
    await this.conversations.places.make([...once.values()]);
    await this.lookUp(chats, places);
  }

  /** Fills in what is unknown. @returns whether there are unconfirmed events */
  private async lookUp(chats: readonly ChatOfChannel[], places: ConversationPlace[]): Promise<boolean> {
    const unknown = indexesOf(places, UNKNOWN);
    const asked = pick(chats, unknown);
    const { ids, hasUnconfirmed } = await this.conversations.places.find(asked);
    for (const [position, index] of unknown.entries()) {
      const [id, chat] = [ids[position], asked[position]];
      if (id === undefined || !chat) continue;
      places[index] = id;
      this.known.set(keyOf(chat), id);
    }
    return hasUnconfirmed;
  }

  /** Forgets a conversation that turned out to be erased. */
  forget(chat: ChatOfChannel): void {
    this.known.delete(keyOf(chat));
  }
}

const keyOf = ({ channel, chat }: ChatOfChannel): string => `${channel}:${chat.chatId}:${chat.threadId}`;

const indexesOf = (places: readonly ConversationPlace[], wanted: ConversationPlace): number[] =>
  places.flatMap((place, index) => (place === wanted ? [index] : []));

const pick = <Item>(items: readonly Item[], indexes: readonly number[]): Item[] =>
  indexes.flatMap((index) => items[index] ?? []);

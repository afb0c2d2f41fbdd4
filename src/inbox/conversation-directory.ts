import { Injectable } from '@nestjs/common';
import { ConversationRepository } from '../memory/conversation.repository.js';
import type { ChatOfChannel } from '../memory/conversation-places.repository.js';
import { BoundedMap } from '../runtime/bounded-map.js';

/** Ids kept in memory; 50,000 take about 10 MB. */
const CAPACITY = 50_000;

/** What to do about chats that this process does not know. */
export interface Strangers<Chat> {
  /** Which of these, that have no conversation, are to have none? In order. Asked before any is made. */
  readonly areUnwelcome: (chats: readonly Chat[]) => Promise<readonly boolean[]>;
  /** Called before anything is stored in conversations that were looked up. */
  readonly beforeEntry: () => Promise<void>;
}

/** Where something goes: a conversation's id; `unknown`: cannot be told within milliseconds; `unwelcome`: nowhere. */
export type Place = string | typeof UNKNOWN | typeof UNWELCOME;
export const UNKNOWN = Symbol('unknown');
export const UNWELCOME = Symbol('unwelcome');

/** Finds the conversation of a chat, from memory where it was seen before, so that the door asks the database rarely. */
@Injectable()
export class ConversationDirectory {
  private readonly known = new BoundedMap<string, string>(CAPACITY);

  constructor(readonly conversations: ConversationRepository) {}

  /** Where these chats are, in order; conversations that do not exist yet are made. Waits for nobody's lock. */
  async locate<Chat extends ChatOfChannel>(
    chats: readonly Chat[],
    { areUnwelcome, beforeEntry }: Strangers<Chat>,
  ): Promise<Place[]> {
    const places = chats.map((chat): Place => this.known.get(keyOf(chat)) ?? UNKNOWN);
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

  private async make(chats: readonly ChatOfChannel[], places: Place[]): Promise<void> {
    const missing = pick(chats, indexesOf(places, UNKNOWN));
    if (missing.length === 0) return;
    const once = new Map(missing.map((chat) => [keyOf(chat), chat]));
    await this.conversations.places.make([...once.values()]);
    await this.lookUp(chats, places);
  }

  /** Fills in what is unknown. @returns whether there are unconfirmed events */
  private async lookUp(chats: readonly ChatOfChannel[], places: Place[]): Promise<boolean> {
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

  /** For a conversation that turned out to be erased. */
  forget(chat: ChatOfChannel): void {
    this.known.delete(keyOf(chat));
  }
}

const keyOf = ({ channel, chat }: ChatOfChannel): string => `${channel}:${chat.chatId}:${chat.threadId}`;

const indexesOf = (places: readonly Place[], wanted: Place): number[] =>
  places.flatMap((place, index) => (place === wanted ? [index] : []));

const pick = <Item>(items: readonly Item[], indexes: readonly number[]): Item[] =>
  indexes.flatMap((index) => items[index] ?? []);

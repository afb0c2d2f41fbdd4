import { Injectable } from '@nestjs/common';
import { RetryLaterError } from '../errors/errors.js';
import { type ChatOfChannel, ConversationRepository } from '../memory/conversation.repository.js';
import { BoundedMap } from '../runtime/bounded-map.js';

/** Ids kept in memory; 50,000 take about 10 MB. */
const CAPACITY = 50_000;

const unknownToNobody: ReadonlyMap<string, string> = new Map();

/** Finds the conversation of a chat, from memory where it was seen before, so that the door asks the database rarely. */
@Injectable()
export class ConversationDirectory {
  private readonly known = new BoundedMap<string, string>(CAPACITY);

  constructor(private readonly conversations: ConversationRepository) {}

  /**
   * The conversation ids of these chats, in order; conversations that do not exist yet are made.
   * @throws RetryLaterError while one of them is being erased
   */
  async resolve(chats: readonly ChatOfChannel[]): Promise<string[]> {
    const remembered = chats.map((chat) => this.known.get(keyOf(chat)));
    const unknown = new Map<string, ChatOfChannel>();
    for (const [index, chat] of chats.entries()) {
      if (remembered[index] === undefined) unknown.set(keyOf(chat), chat);
    }
    const found = unknown.size > 0 ? await this.lookUp(unknown) : unknownToNobody;
    return remembered.map((known, index) => {
      const chat = chats[index];
      const id = known ?? (chat && found.get(keyOf(chat)));
      if (id === undefined)
        throw new RetryLaterError('CONVERSATION_ERASED', 'the conversation is being erased');
      return id;
    });
  }

  private async lookUp(unknown: ReadonlyMap<string, ChatOfChannel>): Promise<ReadonlyMap<string, string>> {
    const ids = await this.conversations.resolve([...unknown.values()]);
    const found = new Map<string, string>();
    for (const [index, key] of [...unknown.keys()].entries()) {
      const id = ids[index];
      if (id === undefined) continue;
      found.set(key, id);
      this.known.set(key, id);
    }
    return found;
  }

  /** For a conversation that turned out to be erased. */
  forget(chat: ChatOfChannel): void {
    this.known.delete(keyOf(chat));
  }
}

const keyOf = ({ channel, chat }: ChatOfChannel): string => `${channel}:${chat.chatId}:${chat.threadId}`;

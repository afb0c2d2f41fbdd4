import { Injectable } from '@nestjs/common';
import { RetryLaterError } from '../errors/errors.js';
import { type ChatOfChannel, ConversationRepository } from '../memory/conversation.repository.js';

/** Ids kept in memory; 50,000 take about 10 MB. */
const CAPACITY = 50_000;

/** Finds the conversation of a chat, from memory where it was seen before, so that the door asks the database rarely. */
@Injectable()
export class ConversationDirectory {
  private readonly known = new Map<string, string>();

  constructor(private readonly conversations: ConversationRepository) {}

  /**
   * The conversation ids of these chats, in order; conversations that do not exist yet are made.
   * @throws RetryLaterError while one of them is being erased
   */
  async resolve(chats: readonly ChatOfChannel[]): Promise<string[]> {
    const unknown = new Map<string, ChatOfChannel>();
    for (const chat of chats) {
      const key = keyOf(chat);
      if (!this.known.has(key)) unknown.set(key, chat);
    }
    if (unknown.size > 0) {
      const ids = await this.conversations.resolve([...unknown.values()]);
      for (const [index, key] of [...unknown.keys()].entries()) this.remember(key, ids[index]);
    }
    return chats.map((chat) => {
      const id = this.known.get(keyOf(chat));
      if (id === undefined)
        throw new RetryLaterError('CONVERSATION_ERASED', 'the conversation is being erased');
      return id;
    });
  }

  /** For a conversation that turned out to be erased. */
  forget(chat: ChatOfChannel): void {
    this.known.delete(keyOf(chat));
  }

  private remember(key: string, id: string | undefined): void {
    if (id === undefined) return;
    this.known.set(key, id);
    if (this.known.size <= CAPACITY) return;
    const oldest = this.known.keys().next();
    if (!oldest.done) this.known.delete(oldest.value);
  }
}

const keyOf = ({ channel, chat }: ChatOfChannel): string => `${channel}:${chat.chatId}:${chat.threadId}`;

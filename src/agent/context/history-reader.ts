import { Injectable } from '@nestjs/common';
import type { Conversation } from '../../generated/prisma/client.js';
import { MessageRepository, type Stretch } from '../../memory/message.repository.js';
import { type Entry, historyEntries } from './context.js';
import { TokenCounter } from './token-counter.js';

const PAGE = 40;

/** Reads the history as the model sees it, from its newest end, and no further than whoever asks goes on reading. */
@Injectable()
export class HistoryReader {
  constructor(
    private readonly messages: MessageRepository,
    private readonly tokens: TokenCounter,
  ) {}

  /** Pages of the stretch, the newest first; the entries of each are in order, oldest first. */
  async *pages({ chatType }: Conversation, stretch: Stretch): AsyncGenerator<Entry[], void> {
    const told = new Set<string>();
    let { before } = stretch;
    for (;;) {
      const page = await this.messages.history({ ...stretch, before }, PAGE);
      const oldest = page.messages.at(-1);
      if (!oldest) return;
      yield historyEntries(page, chatType !== 'private', told, (text) => this.tokens.count(text));
      if (page.messages.length < PAGE) return;
      before = oldest.id;
    }
  }
}

import { Injectable } from '@nestjs/common';
import type { Conversation } from '../../generated/prisma/client.js';
import { MessageRepository, type PastMessage, type Stretch } from '../../memory/message.repository.js';
import { type Entry, historyEntries } from './context.js';
import { noPictures, type PicturesOf } from '../attachments/pictures.js';
import { TokenCounter } from './token-counter.js';

const PAGE = 40;

/** @param newestFirst the newest messages of a stretch */
export type Show = (newestFirst: readonly PastMessage[]) => Promise<PicturesOf>;

const showNone: Show = () => Promise.resolve(noPictures);

/** Reads the history as the model sees it, from its newest end, and no further than whoever asks goes on reading. */
@Injectable()
export class HistoryReader {
  constructor(
    private readonly messages: MessageRepository,
    private readonly tokens: TokenCounter,
  ) {}

  /**
   * Pages of the stretch, the newest first; the entries of each are in order, oldest first.
   * @param show finds the pictures of the newest page; by default none are shown
   */
  async *pages(
    { chatType }: Conversation,
    stretch: Stretch,
    show: Show = showNone,
  ): AsyncGenerator<Entry[], void> {
    const told = new Set<string>();
    const count = (text: string) => this.tokens.count(text);
    let { before } = stretch;
    let pictures: PicturesOf | null = null;
    for (;;) {
      const page = await this.messages.history({ ...stretch, before }, PAGE);
      const oldest = page.messages.at(-1);
      if (!oldest) return;
      pictures ??= await show(page.messages);
      yield historyEntries(page, chatType !== 'private', told, count, pictures);
      if (page.messages.length < PAGE) return;
      before = oldest.id;
    }
  }
}

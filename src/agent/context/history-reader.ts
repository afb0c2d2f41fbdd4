import { Injectable } from '@nestjs/common';
import type { Conversation } from '../../generated/prisma/client.js';
import {
  type HistoryPage,
  MessageRepository,
  type PastMessage,
  type Stretch,
} from '../../memory/message.repository.js';
import { type Entry, historyEntries } from './context.js';
import { noPictures, type PicturesOf } from '../attachments/pictures.js';
import { TokenCounter } from '../llm/token-counter.js';

export const PAGE = 40;

/** @param newestFirst the newest messages of a stretch */
export type ShowPictures = (newestFirst: readonly PastMessage[]) => Promise<PicturesOf>;

const showNone: ShowPictures = () => Promise.resolve(noPictures);

/** Reads the history as the model sees it, from its newest end, only as far as the caller iterates. */
@Injectable()
export class HistoryReader {
  constructor(
    private readonly messages: MessageRepository,
    private readonly tokens: TokenCounter,
  ) {}

  /**
   * Yields the stretch by pages, the newest first; the entries of each are in order, oldest first.
   * @param first the first page, if it is read already
   * @param show finds the pictures of the newest page; by default none are shown
   */
  async *pages(
    { chatType }: Conversation,
    stretch: Stretch,
    { first = null, show = showNone }: { first?: HistoryPage | null; show?: ShowPictures } = {},
  ): AsyncGenerator<Entry[], void> {
    const shownTurns = new Set<string>();
    const count = (text: string) => this.tokens.count(text);
    let { before } = stretch;
    let pictures: PicturesOf | null = null;
    let next = first;
    for (;;) {
      const page = next ?? (await this.messages.history({ ...stretch, before }, PAGE));
      next = null;
      const oldest = page.messages.at(-1);
      if (!oldest) return;
      pictures ??= await show(page.messages);
      yield historyEntries(page, chatType !== 'private', shownTurns, count, pictures);
      if (page.messages.length < PAGE) return;
      before = oldest.id;
    }
  }
}

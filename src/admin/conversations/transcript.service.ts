import { Readable } from 'node:stream';
import { Injectable, StreamableFile } from '@nestjs/common';
import { FactsRepository } from '../../memory/facts.repository.js';
import { OverheardRepository } from '../../memory/overheard.repository.js';
import { type ShownConversation, toConversationDto } from './conversation.dto.js';
import { toMessageDto } from './message.dto.js';
import { MessageListing } from './message-listing.repository.js';

/** Messages read at once; the memory an export takes, however long the conversation is. */
export const EXPORT_PAGE = 500;

/**
 * Writes a conversation out as NDJSON: itself, what is remembered of it, every message, oldest first, and at
 * last what is kept of what people of a group said to each other.
 */
@Injectable()
export class TranscriptService {
  constructor(
    private readonly messages: MessageListing,
    private readonly facts: FactsRepository,
    private readonly overheard: OverheardRepository,
  ) {}

  /** A download that reads on only as fast as its reader takes it, and stops when the reader is gone. */
  download(conversation: ShownConversation): StreamableFile {
    return new StreamableFile(Readable.from(this.lines(conversation)), {
      type: 'application/x-ndjson',
      disposition: `attachment; filename="conversation-${conversation.id}.ndjson"`,
    });
  }

  /** Not one snapshot: what is said while the export runs is in it. */
  async *lines(conversation: ShownConversation): AsyncGenerator<string, void> {
    yield line('conversation', toConversationDto(conversation));
    for (const fact of await this.facts.list(conversation.id)) {
      const { id, text, createdAt } = fact;
      yield line('fact', { id: id.toString(), text, createdAt: createdAt.toISOString() });
    }
    let after: bigint | null = null;
    for (;;) {
      const page = await this.messages.rows(conversation.id, after, 'asc', EXPORT_PAGE);
      for (const message of page) yield line('message', toMessageDto(message));
      const last = page.at(-1);
      if (!last || page.length < EXPORT_PAGE) break;
      after = last.id;
    }
    for (const { author, text, saidAt } of await this.overheard.all(conversation.id)) {
      yield line('overheard', { author, text, createdAt: saidAt.toISOString() });
    }
  }
}

function line(type: 'conversation' | 'fact' | 'message' | 'overheard', fields: object): string {
  return `${JSON.stringify({ type, ...fields })}\n`;
}

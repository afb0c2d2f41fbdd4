import { Readable } from 'node:stream';
import { Injectable, StreamableFile } from '@nestjs/common';
import { FactsRepository } from '../../memory/facts.repository.js';
import { GroupContextRepository } from '../../memory/group-context.repository.js';
import { type ShownConversation, toConversationDto } from './conversation.dto.js';
import { toMessageDto } from './message.dto.js';
import { MessageListingRepository } from './message-listing.repository.js';

/** Messages read at once: they bound the memory of an export, however long the conversation is. */
export const EXPORT_PAGE = 500;

/** Writes a conversation as NDJSON: its row, its facts, every message, oldest first, and last its group context. */
@Injectable()
export class TranscriptService {
  constructor(
    private readonly messages: MessageListingRepository,
    private readonly facts: FactsRepository,
    private readonly groupContext: GroupContextRepository,
  ) {}

  /** A download that reads only as fast as its client does, and stops when the client is gone. */
  download(conversation: ShownConversation): StreamableFile {
    return new StreamableFile(Readable.from(this.lines(conversation)), {
      type: 'application/x-ndjson',
      disposition: `attachment; filename="conversation-${conversation.id}.ndjson"`,
    });
  }

  /** Not one snapshot: the export contains messages that arrive while it runs. */
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
    for (const { author, text, saidAt } of await this.groupContext.all(conversation.id)) {
      yield line('group-context', { author, text, createdAt: saidAt.toISOString() });
    }
  }
}

function line(type: 'conversation' | 'fact' | 'message' | 'group-context', fields: object): string {
  return `${JSON.stringify({ type, ...fields })}\n`;
}

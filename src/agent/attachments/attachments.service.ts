import { Injectable } from '@nestjs/common';
import type { TurnBudget } from '../../budget/turn-budget.js';
import { retryWrite } from '../../platform/database/retry-write.js';
import type { Message } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import type { I18n } from '../../platform/i18n/i18n.js';
import { AttachmentRepository } from './attachment.repository.js';
import { FileReader, refused } from './file-reader.js';
import { readAttachments, type StoredAttachments } from './stored-attachments.js';

/** Files read in one turn; a Telegram album has at most as many. */
const MAX_FILES = 10;
/** Files read side by side. */
const AT_ONCE = 4;

/** The run for which files are read, with the fields that reading needs. */
export interface Reading {
  readonly lease: Lease;
  /** The sender's. */
  readonly i18n: I18n;
  /** The budget of the turn's run. */
  readonly budget: TurnBudget;
  /** The chat of the files. */
  readonly chat: string;
  readonly signal: AbortSignal;
}

/** Makes a turn's files part of its messages: transcribes recordings, reads documents. */
@Injectable()
export class AttachmentsService {
  constructor(
    private readonly reader: FileReader,
    private readonly store: AttachmentRepository,
  ) {}

  /**
   * Reads unread files, each with a checkpoint of its own. Resolves when all have ended: a failure does not abort the
   * others, which would be transcribed and paid for again.
   * @param messages of one turn, in order
   * @returns the messages with their new text
   * @throws RetryLaterError if a file cannot be fetched or transcribed at the moment
   * @throws LeaseLostError
   * @throws the reason of the signal
   */
  async read(messages: readonly Message[], reading: Reading): Promise<readonly Message[]> {
    const withFiles = messages.flatMap((message) => {
      const stored = readAttachments(message.attachments);
      return stored ? [{ message, stored }] : [];
    });
    if (withFiles.length === 0) return messages;
    const now = new Map<bigint, Message>();
    const documents = withFiles.flatMap(({ stored }) => stored.files.filter(({ kind }) => kind === 'file'));
    let before = 0;
    const work = withFiles.map(({ message, stored }) => {
      const room = MAX_FILES - before;
      before += stored.files.length;
      return async () => {
        now.set(
          message.id,
          await this.readOne(message, stored, { room, documents: documents.length, reading }),
        );
      };
    });
    for (let start = 0; start < work.length; start += AT_ONCE) {
      const ended = await Promise.allSettled(work.slice(start, start + AT_ONCE).map((read) => read()));
      for (const read of ended) if (read.status === 'rejected') throw read.reason;
    }
    return messages.map((message) => now.get(message.id) ?? message);
  }

  /** One file after the other: each follows the text of the one before. */
  private async readOne(
    message: Message,
    { files }: StoredAttachments,
    {
      room,
      documents,
      reading,
    }: { readonly room: number; readonly documents: number; readonly reading: Reading },
  ): Promise<Message> {
    let latest = message;
    for (const [index, file] of files.entries()) {
      if (file.state !== 'open') continue;
      const outcome =
        index < room
          ? await this.reader.read(file, documents, reading)
          : refused(reading.i18n.files.tooMany(MAX_FILES));
      // A transcription is paid for: without a record, it would be made again.
      if (outcome)
        latest = await retryWrite(() => this.store.recordOutcome(reading.lease, message.id, index, outcome));
    }
    return latest;
  }
}

/**
 * The answer for a turn whose files are all unreadable and that has no text: a model would have no input. Null: it has
 * some. Pure.
 */
export function attachmentRefusalOf(messages: readonly Pick<Message, 'attachments'>[]): string | null {
  const refusals = new Set<string>();
  for (const { attachments } of messages) {
    const stored = readAttachments(attachments);
    if (!stored?.isWordless || stored.files.some(({ refusal }) => refusal === null)) return null;
    for (const { refusal } of stored.files) if (refusal !== null) refusals.add(refusal);
  }
  return refusals.size > 0 ? [...refusals].join('\n\n') : null;
}

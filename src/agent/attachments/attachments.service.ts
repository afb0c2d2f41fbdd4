import { Injectable } from '@nestjs/common';
import type { TurnBudget } from '../../budget/turn-budget.js';
import { insist } from '../../database/insist.js';
import type { Message } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import type { Texts } from '../../texts/texts.js';
import { AttachmentRepository } from './attachment.repository.js';
import { FileReader, refused } from './file-reader.js';
import { readAttachments, type StoredAttachments } from './stored-attachments.js';

/** Files of one turn that are looked at; Telegram's albums have at most as many. */
const MAX_FILES = 10;
/** Read side by side. */
const AT_ONCE = 4;

/** For whom files are read, and what may be used for it. */
export interface Reading {
  /** For who sent them. */
  readonly texts: Texts;
  /** Of the run of the messages' turn. */
  readonly budget: TurnBudget;
  /** From which they come. */
  readonly chat: string;
}

/** What came with a turn's messages, made part of what they say: recordings are heard, documents read. */
@Injectable()
export class Attachments {
  constructor(
    private readonly reader: FileReader,
    private readonly store: AttachmentRepository,
  ) {}

  /**
   * Reads what has not been read yet, each file a checkpoint of its own. All have ended when this does: none is broken off,
   * and heard and paid for again, because another one failed.
   * @param messages of one turn, in order
   * @returns the messages as they are then
   * @throws RetryLaterError where a file cannot be had or heard at the moment, LeaseLostError, or the reason of the signal
   */
  async read(
    lease: Lease,
    messages: readonly Message[],
    reading: Reading,
    signal: AbortSignal,
  ): Promise<readonly Message[]> {
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
          await this.readOne(lease, message, stored, { room, documents: documents.length, reading }, signal),
        );
      };
    });
    for (let start = 0; start < work.length; start += AT_ONCE) {
      const ended = await Promise.allSettled(work.slice(start, start + AT_ONCE).map((read) => read()));
      for (const read of ended) if (read.status === 'rejected') throw read.reason;
    }
    return messages.map((message) => now.get(message.id) ?? message);
  }

  /** One file after the other: each stands behind the text of the one before. */
  private async readOne(
    lease: Lease,
    message: Message,
    { files }: StoredAttachments,
    {
      room,
      documents,
      reading,
    }: { readonly room: number; readonly documents: number; readonly reading: Reading },
    signal: AbortSignal,
  ): Promise<Message> {
    let latest = message;
    for (const [index, file] of files.entries()) {
      if (file.state !== 'open') continue;
      const outcome =
        index < room
          ? await this.reader.read(file, documents, reading, signal)
          : refused(reading.texts.files.tooMany(MAX_FILES));
      // Heard, it is paid for: not written down, it would be heard again.
      if (outcome) latest = await insist(() => this.store.settle(lease, message.id, index, outcome));
    }
    return latest;
  }
}

/**
 * What to answer where nothing of a turn can be looked at and nothing was written: the model would have nothing to go
 * by. Null: it has. Pure.
 */
export function refusalOf(messages: readonly Pick<Message, 'attachments'>[]): string | null {
  const refusals = new Set<string>();
  for (const { attachments } of messages) {
    const stored = readAttachments(attachments);
    if (!stored?.isWordless || stored.files.some(({ refusal }) => refusal === null)) return null;
    for (const { refusal } of stored.files) if (refusal !== null) refusals.add(refusal);
  }
  return refusals.size > 0 ? [...refusals].join('\n\n') : null;
}

import { Injectable } from '@nestjs/common';
import { Channel } from '../channel/channel.js';
import type { Draft, Prisma } from '../generated/prisma/client.js';
import { DraftRepository } from './draft.repository.js';

export interface NewReply {
  readonly conversationId: string;
  /** Markdown. */
  readonly text: string;
  readonly turnId?: string;
  /** The message of the history that this sends; none for commands and notices. */
  readonly messageId?: bigint;
}

/** Where replies wait to be sent: written in the transaction whose outcome they tell. */
@Injectable()
export class Outbox {
  constructor(
    private readonly channel: Channel,
    private readonly drafts: DraftRepository,
  ) {}

  /**
   * Formats and splits the text for its channel and commits the parts with the caller's transaction. The first part takes
   * the turn's draft over, where there is one.
   */
  async add(
    tx: Prisma.TransactionClient,
    { conversationId, text, turnId, messageId }: NewReply,
  ): Promise<void> {
    const draft = turnId === undefined ? null : await this.drafts.takeUp(tx, turnId);
    await tx.reply.createMany({
      data: this.channel.compose(text).map((body, part) => ({
        conversationId,
        turnId: turnId ?? null,
        messageId: messageId ?? null,
        part,
        body: toJson(body),
        ...(part === 0 && draft ? inPlaceOf(draft) : {}),
      })),
    });
  }
}

/** A draft that may or may not be there counts as a first try of unknown outcome. */
function inPlaceOf({ channelMessageId }: Draft): Partial<Prisma.ReplyCreateManyInput> {
  return channelMessageId === null ? { state: 'uncertain', unknownSends: 1 } : { channelMessageId };
}

/** What a channel composed is JSON by contract; Prisma's type wants it spelled out. */
function toJson(body: unknown): Prisma.InputJsonObject {
  const json: Prisma.InputJsonObject = JSON.parse(JSON.stringify(body));
  return json;
}

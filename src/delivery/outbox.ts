import { Injectable } from '@nestjs/common';
import { Channel } from '../channel/channel.js';
import { Prisma } from '../generated/prisma/client.js';

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
  constructor(private readonly channel: Channel) {}

  /** Formats and splits the text for its channel and commits the parts with the caller's transaction. */
  async add(
    tx: Prisma.TransactionClient,
    { conversationId, text, turnId, messageId }: NewReply,
  ): Promise<void> {
    await tx.reply.createMany({
      data: this.channel.compose(text).map((body, part) => ({
        conversationId,
        turnId: turnId ?? null,
        messageId: messageId ?? null,
        part,
        body: toJson(body),
      })),
    });
  }
}

/** What a channel composed is JSON by contract; Prisma's type wants it spelled out. */
function toJson(body: unknown): Prisma.InputJsonObject {
  const json: Prisma.InputJsonObject = JSON.parse(JSON.stringify(body));
  return json;
}

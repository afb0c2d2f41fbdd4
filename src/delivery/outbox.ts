import { Injectable } from '@nestjs/common';
import { Channel, type Choice } from '../channel/channel.js';
import type { Draft, Prisma, ReplyClass } from '../generated/prisma/client.js';
import { DraftRepository } from './draft.repository.js';

export interface NewReply {
  readonly conversationId: string;
  /** Markdown. */
  readonly text: string;
  readonly turnId?: string;
  /** The message of the history that this sends; none for commands and notices. */
  readonly messageId?: bigint;
  /** Default `interactive`. */
  readonly class?: ReplyClass;
}

/** A question about an approval, with a button for each choice. */
export interface Question {
  readonly conversationId: string;
  /** Markdown. */
  readonly text: string;
  readonly approvalId: string;
  readonly choices: readonly Choice[];
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
    { conversationId, text, turnId, messageId, class: replyClass = 'interactive' }: NewReply,
  ): Promise<void> {
    const draft = turnId === undefined ? null : await this.drafts.takeUp(tx, turnId);
    await tx.reply.createMany({
      data: this.channel.compose(text).map((body, part) => ({
        conversationId,
        turnId: turnId ?? null,
        messageId: messageId ?? null,
        part,
        class: replyClass,
        body: toJson(body),
        ...(part === 0 && draft ? inPlaceOf(draft) : {}),
      })),
    });
  }

  /** Asks, with the caller's transaction. */
  async ask(tx: Prisma.TransactionClient, question: Question): Promise<void> {
    const { conversationId, text, approvalId, choices } = question;
    const body = toJson(this.channel.ask(text, choices));
    await tx.reply.create({ data: { conversationId, approvalId, body }, select: { id: true } });
  }

  /** The questions about this approval take their answer's text, and lose their buttons. */
  async answerQuestion(tx: Prisma.TransactionClient, approvalId: string, text: string): Promise<void> {
    const body = toJson(this.channel.compose(text)[0]);
    const asked = await tx.reply.findMany({ where: { approvalId } });
    const unsent = asked.filter(({ settledAt }) => settledAt === null).map(({ id }) => id);
    await tx.reply.updateMany({ where: { id: { in: unsent } }, data: { body } });
    await tx.reply.createMany({
      data: asked.flatMap(({ conversationId, settledAt, channelMessageId }) =>
        settledAt === null || channelMessageId === null ? [] : [{ conversationId, channelMessageId, body }],
      ),
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

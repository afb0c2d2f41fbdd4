import { Injectable } from '@nestjs/common';
import { Channel, type Choice } from '../channel/channel.js';
import type { Draft, Prisma } from '../generated/prisma/client.js';
import { DraftRepository } from './draft.repository.js';

export interface NewReply {
  readonly conversationId: string;
  /** Markdown. */
  readonly text: string;
  readonly turnId?: string;
  /** The message of the history that this sends; none for commands and notices. */
  readonly messageId?: bigint;
  /** A message of the bot that its first part takes over, by editing it. */
  readonly inPlaceOf?: bigint;
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
    { conversationId, text, turnId, messageId, inPlaceOf }: NewReply,
  ): Promise<void> {
    const draft = turnId === undefined ? null : await this.drafts.takeUp(tx, turnId);
    await tx.reply.createMany({
      data: this.channel.compose(text).map((body, part) => ({
        conversationId,
        turnId: turnId ?? null,
        messageId: messageId ?? null,
        part,
        body: toJson(body),
        ...(part === 0 && inPlaceOf !== undefined ? { channelMessageId: inPlaceOf } : {}),
        ...(part === 0 && draft ? ofDraft(draft) : {}),
      })),
    });
  }

  /** Asks, with the caller's transaction. */
  async ask(tx: Prisma.TransactionClient, question: Question): Promise<void> {
    const { conversationId, text, approvalId, choices } = question;
    const body = toJson(this.channel.ask(text, choices));
    await tx.reply.create({ data: { conversationId, approvalId, body }, select: { id: true } });
  }

  /**
   * The questions about this approval take their answer's text, and lose their buttons.
   * @param words what it says in a conversation, in Markdown
   */
  async answerQuestion(
    tx: Prisma.TransactionClient,
    approvalId: string,
    words: (conversationId: string) => Promise<string>,
  ): Promise<void> {
    const asked = await tx.reply.findMany({ where: { approvalId } });
    for (const { id, conversationId, settledAt, channelMessageId } of asked) {
      const body = toJson(this.channel.compose(await words(conversationId))[0]);
      if (settledAt === null) await tx.reply.update({ where: { id }, data: { body } });
      else if (channelMessageId !== null)
        await tx.reply.create({ data: { conversationId, channelMessageId, body } });
    }
  }
}

/** A draft that may or may not be there counts as a first try of unknown outcome; a preview leaves no message. */
function ofDraft({ channelMessageId, isMessage }: Draft): Partial<Prisma.ReplyCreateManyInput> {
  if (!isMessage) return {};
  return channelMessageId === null ? { state: 'uncertain', unknownSends: 1 } : { channelMessageId };
}

/** What a channel composed is JSON by contract; Prisma's type wants it spelled out. */
function toJson(body: unknown): Prisma.InputJsonObject {
  const json: Prisma.InputJsonObject = JSON.parse(JSON.stringify(body));
  return json;
}

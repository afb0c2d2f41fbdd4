import { Injectable } from '@nestjs/common';
import { Channel, type Choice, type Destination } from '../channel/channel.js';
import type { Draft, Prisma, ReplyClass } from '../generated/prisma/client.js';
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
  /** Default `interactive`. */
  readonly class?: ReplyClass;
}

/** Another answer to a message, in the place of the one it was given. */
export interface Correction {
  readonly conversationId: string;
  readonly turnId: string;
  /** The answer in the history. */
  readonly messageId: bigint;
  /** Markdown. */
  readonly text: string;
  /** Whose answer it was until now. */
  readonly formerTurnId: string | null;
  /** The channel's message that is answered; null: not known. */
  readonly question: bigint | null;
}

/** What a question says, in Markdown. */
export interface QuestionText {
  /** As one message. */
  readonly whole: string;
  /**
   * Where that is more than one message holds: what it is about, in as many as it takes, and then the question, which says
   * that this stands above. None: it is never so long.
   */
  readonly apart?: { readonly about: string; readonly text: string };
}

/** A question about an approval, with a button for each choice. */
export interface Question {
  readonly conversationId: string;
  readonly text: QuestionText;
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
    { conversationId, text, turnId, messageId, inPlaceOf, class: replyClass = 'interactive' }: NewReply,
  ): Promise<void> {
    const draft = turnId === undefined ? null : await this.drafts.takeUp(tx, conversationId, turnId);
    await tx.reply.createMany({
      data: this.channel.compose(text).map((body, part) => ({
        conversationId,
        turnId: turnId ?? null,
        messageId: messageId ?? null,
        part,
        class: replyClass,
        body: toJson(body),
        ...(part === 0 && inPlaceOf !== undefined ? { channelMessageId: inPlaceOf } : {}),
        ...(part === 0 && draft ? ofDraft(draft) : {}),
      })),
    });
  }

  /** Asks, with the caller's transaction: nothing of it is left out, and the buttons are under its last message. */
  async ask(tx: Prisma.TransactionClient, question: Question): Promise<void> {
    const { conversationId, text, approvalId, choices } = question;
    const inOne = this.channel.ask(text.whole, choices);
    const bodies =
      inOne.length > 1 && text.apart
        ? [...this.channel.compose(text.apart.about), ...this.channel.ask(text.apart.text, choices)]
        : inOne;
    await tx.reply.createMany({
      data: bodies.map((body, part) => ({ conversationId, approvalId, part, body: toJson(body) })),
    });
  }

  /** Has all gone out that stands before the question of this approval in this chat? Whose sending is uncertain counts. */
  async isWhole(
    tx: Prisma.TransactionClient,
    approvalId: string,
    { channel, chatId }: Pick<Destination, 'channel' | 'chatId'>,
  ): Promise<boolean> {
    const parts = await tx.reply.findMany({
      where: { approvalId, conversation: { channel, chatId } },
      select: { conversationId: true, state: true },
      orderBy: { id: 'asc' },
    });
    // The question itself may be pressed before it is on record that it was sent.
    const before = parts.filter((part, index) => parts[index + 1]?.conversationId === part.conversationId);
    return before.every(({ state }) => state === 'sent' || state === 'uncertain');
  }

  /**
   * The questions about this approval take their answer's text, and lose their buttons. What stands before them stays.
   * @param words what it says in a conversation
   */
  async answerQuestion(
    tx: Prisma.TransactionClient,
    approvalId: string,
    words: (conversationId: string) => Promise<QuestionText>,
  ): Promise<void> {
    await tx.$queryRaw`
      SELECT 1 FROM conversations
      WHERE id = ANY (ARRAY(SELECT conversation_id FROM replies WHERE approval_id = ${approvalId}::uuid))
      ORDER BY id FOR KEY SHARE`;
    // Locked, so that each is either settled by now or finds its new text when it is: see `ReplyRepository.sent`.
    await tx.$queryRaw`SELECT 1 FROM replies WHERE approval_id = ${approvalId}::uuid ORDER BY id FOR UPDATE`;
    const rows = await tx.reply.findMany({ where: { approvalId }, orderBy: { id: 'asc' } });
    const asked = new Map(rows.map((row) => [row.conversationId, row]));
    for (const { id, conversationId, settledAt, channelMessageId, part } of asked.values()) {
      const { whole, apart } = await words(conversationId);
      const body = toJson(this.channel.compose(part > 0 && apart ? apart.text : whole)[0]);
      if (settledAt === null) await tx.reply.update({ where: { id }, data: { body } });
      else if (channelMessageId !== null)
        await tx.reply.create({ data: { conversationId, channelMessageId, body } });
    }
  }

  /**
   * Puts another answer into the place of one that was sent, with the caller's transaction. One message that becomes
   * another one is edited; in every other case, and where it cannot be edited (any more), the answer is sent anew, as a
   * reply to the message that it answers.
   */
  async correct(tx: Prisma.TransactionClient, correction: Correction): Promise<void> {
    const { conversationId, turnId, messageId, text, formerTurnId, question } = correction;
    const bodies = this.channel.compose(text).map((body, part) => {
      return toJson(part > 0 || question === null ? body : this.channel.inReplyTo(body, question));
    });
    await tx.$queryRaw`SELECT 1 FROM replies WHERE message_id = ${messageId} ORDER BY id FOR UPDATE`;
    const sent = await tx.reply.findMany({ where: { messageId, turnId: formerTurnId } });
    const [former, body] = sent.length === 1 && bodies.length === 1 ? [sent[0], bodies[0]] : [];
    if (former && body && (former.settledAt === null || former.channelMessageId !== null)) {
      const again = former.settledAt === null ? {} : openedAgain;
      await tx.reply.update({ where: { id: former.id }, data: { turnId, body, ...again } });
      // To be edited, it is as old as its new text.
      if (former.settledAt !== null)
        await tx.$executeRaw`UPDATE replies SET created_at = clock_timestamp() WHERE id = ${former.id}`;
      return;
    }
    await tx.reply.createMany({
      data: bodies.map((each, part) => ({ conversationId, turnId, messageId, part, body: each })),
    });
  }
}

const openedAgain: Prisma.ReplyUncheckedUpdateInput = {
  state: 'pending',
  attempts: 0,
  error: null,
  // Due by any clock.
  availableAt: new Date(0),
  settledAt: null,
};

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

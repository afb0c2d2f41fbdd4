import { Injectable } from '@nestjs/common';
import type { ChannelMessageId } from '../channel/ids.js';
import type { Choice } from '../channel/capabilities.js';
import { Channel, type Destination, type ReplyBody } from '../channel/channel.js';
import { Prisma, type ReplyClass } from '../generated/prisma/client.js';
import { insertLateEdits, LATE_MS } from './late-edit.js';

export interface NewReply {
  readonly conversationId: string;
  /** Markdown. */
  readonly text: string;
  /** The turn that says it: the first part edits the turn's draft, if there is one. */
  readonly turnId?: string;
  /** The message of the history that this reply sends; none for commands and notices. */
  readonly messageId?: bigint;
  /** A message of the bot that the first part edits, of a reply that no turn says. */
  readonly inPlaceOf?: ChannelMessageId;
  /** Default `interactive`. */
  readonly class?: ReplyClass;
}

/** A new answer to a message, in place of the answer sent before. */
export interface Correction {
  readonly conversationId: string;
  readonly turnId: string;
  /** The answer in the history. */
  readonly messageId: bigint;
  /** Markdown. */
  readonly text: string;
  /** The turn of the answer sent before. */
  readonly formerTurnId: string | null;
  /** The channel's message that is answered; null: unknown. */
  readonly question: ChannelMessageId | null;
}

/** The text of a question, in Markdown. */
export interface QuestionText {
  /** As one message. */
  readonly whole: string;
  /**
   * The text for a question longer than one message: its subject in as many messages as needed, and then the question,
   * which refers to them. None: the text always fits into one message.
   */
  readonly apart?: { readonly about: string; readonly text: string };
}

/** A question about an approval, with a button for each choice where the channel has buttons. */
export interface Question {
  readonly conversationId: string;
  readonly text: QuestionText;
  readonly questionId: string;
  readonly choices: readonly Choice[];
  /** In Markdown: how it is decided where the channel has no buttons. */
  readonly withoutButtons: string;
}

/** The replies that wait to be sent, written in the transaction whose outcome they report. */
@Injectable()
export class Outbox {
  constructor(private readonly channel: Channel) {}

  /**
   * Formats and splits the text for its channel and commits the parts with the caller's transaction.
   */
  async add(tx: Prisma.TransactionClient, reply: NewReply): Promise<void> {
    const { conversationId, text, turnId, messageId = null, inPlaceOf } = reply;
    const replyClass = reply.class ?? 'interactive';
    if (turnId === undefined) {
      await tx.reply.createMany({
        data: this.channel.compose(text).map((body, part) => ({
          conversationId,
          messageId,
          part,
          body: toJson(body),
          class: replyClass,
          ...(part === 0 && { channelMessageId: inPlaceOf }),
        })),
      });
      return;
    }
    await tx.$executeRaw`
      WITH answer AS (
        SELECT ${messageId}::bigint AS id, ${conversationId}::uuid AS conversation_id,
               ${replyClass}::reply_class AS class
      ), ${this.writesOf({ text, turnId })}
      SELECT FROM answer`;
  }

  /**
   * The writes of a turn's reply, as CTEs of the statement that ends the turn. They take their row from its CTE
   * `answer`: `id` and `conversation_id` of the message in the history, and the `class` of its replies.
   * @param text Markdown
   */
  writesOf({ text, turnId }: Required<Pick<NewReply, 'text' | 'turnId'>>): Prisma.Sql {
    const bodies = JSON.stringify(this.channel.compose(text));
    return Prisma.sql`
      draft AS (
        DELETE FROM drafts d USING answer WHERE d.turn_id = ${turnId}::uuid
        RETURNING answer.conversation_id, d.channel_message_id, d.is_message, d.editing_since,
                  -- It may or may not have arrived: that counts as a first try of unknown outcome.
                  d.is_message AND d.channel_message_id IS NULL AS is_unknown
      ), replies_written AS (
        INSERT INTO replies (conversation_id, turn_id, message_id, part, body, class, state, unknown_sends,
                             channel_message_id)
        SELECT answer.conversation_id, ${turnId}::uuid, answer.id, b.part - 1, b.body, answer.class,
               CASE WHEN d.is_unknown THEN 'uncertain' ELSE 'pending' END::reply_state,
               CASE WHEN d.is_unknown THEN 1 ELSE 0 END,
               -- A preview leaves no message.
               CASE WHEN d.is_message THEN d.channel_message_id END
        FROM answer
        CROSS JOIN jsonb_array_elements(${bodies}::jsonb) WITH ORDINALITY AS b (body, part)
        LEFT JOIN draft d ON b.part = 1
        ORDER BY b.part
      ), late_edits_marked AS (${insertLateEdits(
        // An edit that is under way, or that its process did not survive, may overwrite the reply.
        Prisma.sql`
          SELECT conversation_id, channel_message_id FROM draft
          WHERE channel_message_id IS NOT NULL AND editing_since IS NOT NULL`,
        LATE_MS,
      )})`;
  }

  /** Sends a question in the caller's transaction: complete, and with the choices at its end. */
  async ask(tx: Prisma.TransactionClient, question: Question): Promise<void> {
    const { conversationId, text, questionId } = question;
    const inOne = this.composeQuestion(text.whole, question);
    const bodies =
      inOne.length > 1 && text.apart
        ? [...this.channel.compose(text.apart.about), ...this.composeQuestion(text.apart.text, question)]
        : inOne;
    await tx.reply.createMany({
      data: bodies.map((body, part) => ({ conversationId, questionId, part, body: toJson(body) })),
    });
  }

  private composeQuestion(text: string, { choices, withoutButtons }: Question): readonly ReplyBody[] {
    const { buttons } = this.channel;
    return buttons ? buttons.ask(text, choices) : this.channel.compose(`${text}\n\n${withoutButtons}`);
  }

  /** Whether every message before the approval's question in this chat has gone out. Uncertain sends count as sent. */
  async isWhole(
    tx: Prisma.TransactionClient,
    questionId: string,
    { channel, chatId }: Pick<Destination, 'channel' | 'chatId'>,
  ): Promise<boolean> {
    const parts = await tx.reply.findMany({
      where: { questionId, conversation: { channel, chatId } },
      select: { conversationId: true, state: true },
      orderBy: { id: 'asc' },
    });
    // A person can press the question's buttons before its send is recorded.
    const before = parts.filter((part, index) => parts[index + 1]?.conversationId === part.conversationId);
    return before.every(({ state }) => state === 'sent' || state === 'uncertain');
  }

  /**
   * Replaces the text of the questions about this approval by its answer and removes their buttons. The messages before
   * them stay.
   * @param words the answer's text for a conversation
   */
  async answerQuestion(
    tx: Prisma.TransactionClient,
    questionId: string,
    words: (conversationId: string) => Promise<QuestionText>,
  ): Promise<void> {
    await tx.$queryRaw`
      SELECT 1 FROM conversations
      WHERE id = ANY (ARRAY(SELECT conversation_id FROM replies WHERE question_id = ${questionId}::uuid))
      ORDER BY id FOR KEY SHARE`;
    // The lock makes each reply either settled by now or show its new text when it is: see `ReplyRepository.sent`.
    await tx.$queryRaw`SELECT 1 FROM replies WHERE question_id = ${questionId}::uuid ORDER BY id FOR UPDATE`;
    const rows = await tx.reply.findMany({ where: { questionId }, orderBy: { id: 'asc' } });
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
   * Replaces a sent answer by another in the caller's transaction. An answer of one message whose replacement is one
   * message too is edited. Otherwise, and where an edit is no longer possible, the replacement is sent as a reply to
   * the message that it answers.
   */
  async correct(tx: Prisma.TransactionClient, correction: Correction): Promise<void> {
    const { conversationId, turnId, messageId, text, formerTurnId, question } = correction;
    const { quotes } = this.channel;
    const bodies = this.channel.compose(text).map((body, part) => {
      return toJson(part > 0 || question === null || !quotes ? body : quotes.inReplyTo(body, question));
    });
    await tx.$queryRaw`SELECT 1 FROM replies WHERE message_id = ${messageId} ORDER BY id FOR UPDATE`;
    const sent = await tx.reply.findMany({ where: { messageId, turnId: formerTurnId } });
    const [former, body] = sent.length === 1 && bodies.length === 1 ? [sent[0], bodies[0]] : [];
    if (former && body && (former.settledAt === null || former.channelMessageId !== null)) {
      const again = former.settledAt === null ? {} : openedAgain;
      await tx.reply.update({ where: { id: former.id }, data: { turnId, body, ...again } });
      // The age of an edit counts from its new text.
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
  // Due at once by any clock.
  availableAt: new Date(0),
  settledAt: null,
};

/** A channel's composed body is JSON by contract; Prisma's type requires a cast. */
function toJson(body: unknown): Prisma.InputJsonObject {
  const json: Prisma.InputJsonObject = JSON.parse(JSON.stringify(body));
  return json;
}

import { Injectable } from '@nestjs/common';
import type { ChannelMessageId } from '../channel/ids.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import type { Message, Prisma, Step, Turn } from '../generated/prisma/client.js';
import { turnsAnsweredBy } from './continued-turns.js';

/** The columns that place a message in the history. */
export type PastMessage = Pick<
  Message,
  'id' | 'role' | 'text' | 'author' | 'turnId' | 'createdAt' | 'attachments' | 'outside'
>;

/** The columns of a step that show its call in the history. */
export type PastStep = Pick<Step, 'turnId' | 'index' | 'kind' | 'result'>;

/** A page of history, newest first, with the tool steps of its turns. */
export interface HistoryPage {
  readonly messages: readonly PastMessage[];
  readonly steps: readonly PastStep[];
}

/** A range of one epoch's messages, by their ids, without both ends. */
export interface Stretch {
  readonly conversationId: string;
  readonly epoch: number;
  readonly after: bigint;
  readonly before: bigint;
}

/** After every message, and before every one: a bound that excludes none. */
export const NEWEST = 2n ** 63n - 1n;
export const OLDEST = 0n;

/** The number of newest replies that are searched; an older one counts as written with text from outside. */
const SEARCHED_REPLIES = 1_000;

export interface NewUserMessage {
  readonly text: string;
  readonly author: string | null;
  readonly channelMessageId: ChannelMessageId | null;
  /** See `Written.position`. */
  readonly position: bigint | null;
  /** The message of the bot that it quotes, in the channel's words; null for none. */
  readonly quotedAnswer: ChannelMessageId | null;
  /** The step of the running turn before which it joined; null where the turn began with it. */
  readonly stepIndex: number | null;
  /** The files that came with it; null for none. */
  readonly attachments: Prisma.InputJsonObject | null;
}

/** The place of a message that belongs to no turn. */
interface Place {
  readonly conversationId: string;
  readonly epoch: number;
}

/** The epoch of messages that stay on record and belong to no history: those of a cancelled turn. */
export const BESIDE_ALL_EPOCHS = -1;

@Injectable()
export class MessageRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** One page of an epoch's messages after `after` and before `before`, newest first. */
  async history({ conversationId, epoch, after, before }: Stretch, limit: number): Promise<HistoryPage> {
    // Compared as rows, so that no other index gives the order: if one conversation has much of the table, the planner
    // would walk back through every conversation's newest messages to find its own.
    const messages = await this.prisma.$queryRaw<PastMessage[]>`
      SELECT id, role::text, text, author, turn_id AS "turnId", created_at AS "createdAt", attachments, outside
      FROM messages
      WHERE (conversation_id, epoch, id) > (${conversationId}::uuid, ${epoch}, ${after})
        AND (conversation_id, epoch, id) < (${conversationId}::uuid, ${epoch}, ${before})
      ORDER BY conversation_id DESC, epoch DESC, id DESC
      LIMIT ${limit}`;
    return { messages, steps: await this.stepsOf(messages) };
  }

  /** The user's messages that a turn answers, in order: those of a turn it continues, then its own. */
  async ofTurn(turn: Pick<Turn, 'id' | 'continuesId'>): Promise<Message[]> {
    const turnId = { in: await turnsAnsweredBy(this.prisma, turn) };
    return await this.prisma.message.findMany({ where: { turnId, role: 'user' }, orderBy: { id: 'asc' } });
  }

  /** The messages of this short range, oldest first, with the steps of its turns. */
  async said({
    conversationId,
    epoch,
    after,
    before,
  }: Stretch): Promise<{ messages: Message[]; steps: Step[] }> {
    const messages = await this.prisma.message.findMany({
      where: { conversationId, epoch, id: { gt: after, lt: before } },
      orderBy: { id: 'asc' },
    });
    return { messages, steps: await this.stepsOf(messages) };
  }

  private stepsOf(messages: readonly Pick<Message, 'turnId'>[]): Promise<Step[]> {
    const turnIds = [...new Set(messages.flatMap((message) => message.turnId ?? []))];
    return this.prisma.step.findMany({
      where: { turnId: { in: turnIds } },
      orderBy: [{ turnId: 'asc' }, { index: 'asc' }],
    });
  }

  /** The messages that joined the turn before this step, in order. */
  joined(tx: Prisma.TransactionClient, turnId: string, stepIndex: number): Promise<Message[]> {
    return tx.message.findMany({ where: { turnId, stepIndex }, orderBy: { id: 'asc' } });
  }

  /**
   * Writes the messages a turn has claimed, in order, and counts them. One that quotes what the bot said with text from
   * outside in its request, be it before a /reset, brings that text along, and is marked so.
   */
  async addUserMessages(
    tx: Prisma.TransactionClient,
    turn: { readonly id: string; readonly conversationId: string; readonly epoch: number },
    messages: readonly NewUserMessage[],
  ): Promise<void> {
    const isOutside = await this.findOutsideQuotes(tx, turn.conversationId, messages);
    await tx.message.createMany({
      data: messages.map(({ attachments, quotedAnswer, ...message }) => ({
        outside: isOutside({ quotedAnswer }),
        conversationId: turn.conversationId,
        epoch: turn.epoch,
        role: 'user' as const,
        turnId: turn.id,
        ...message,
        ...(attachments && { attachments }),
      })),
    });
    await this.count(tx, turn.conversationId, messages.length);
  }

  /** Finds which of these messages quote what the bot did not surely write without text from outside. */
  async findOutsideQuotes(
    tx: Prisma.TransactionClient,
    conversationId: string,
    messages: readonly Pick<NewUserMessage, 'quotedAnswer'>[],
  ): Promise<(message: Pick<NewUserMessage, 'quotedAnswer'>) => boolean> {
    const quoted = messages.flatMap(({ quotedAnswer }) => quotedAnswer ?? []);
    const known = await this.answersOfPeople(tx, conversationId, quoted);
    return ({ quotedAnswer }) => quotedAnswer !== null && !known.has(quotedAnswer);
  }

  /**
   * Finds the bot's answers, by the channel's ids, that were written without text from outside. Messages that are not on
   * record are left out, and so are questions and notices, which may show such text.
   */
  private async answersOfPeople(
    tx: Prisma.TransactionClient,
    conversationId: string,
    quoted: readonly ChannelMessageId[],
  ): Promise<ReadonlySet<ChannelMessageId>> {
    if (quoted.length === 0) return new Set();
    const rows = await tx.$queryRaw<{ id: ChannelMessageId }[]>`
      SELECT r.channel_message_id AS id FROM (
        SELECT channel_message_id, message_id FROM replies
        WHERE conversation_id = ${conversationId}::uuid ORDER BY id DESC LIMIT ${SEARCHED_REPLIES}
      ) AS r JOIN messages m ON m.id = r.message_id AND NOT m.outside
      WHERE r.channel_message_id = ANY (${[...quoted]}::text[])`;
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Writes the agent's answer to a turn.
   * @param origin whether its request contained text from outside; a fixed text has no request
   * @returns its id
   */
  async addAnswer(
    tx: Prisma.TransactionClient,
    turn: { readonly id: string; readonly conversationId: string; readonly epoch: number },
    text: string,
    { outside }: { readonly outside: boolean } = { outside: false },
  ): Promise<bigint> {
    const { id } = await tx.message.create({
      data: {
        outside,
        conversationId: turn.conversationId,
        epoch: turn.epoch,
        role: 'assistant',
        turnId: turn.id,
        text,
      },
      select: { id: true },
    });
    await this.count(tx, turn.conversationId, 1);
    return id;
  }

  /** Writes a message of the bot's own as part of the history. @returns its id */
  addNotice(tx: Prisma.TransactionClient, place: Place, text: string): Promise<bigint> {
    return this.addBeside(tx, place, 'assistant', text);
  }

  /** Writes an operator's message as the bot. @returns its id */
  addByOperator(tx: Prisma.TransactionClient, place: Place, text: string): Promise<bigint> {
    return this.addBeside(tx, place, 'operator', text);
  }

  private async addBeside(
    tx: Prisma.TransactionClient,
    place: Place,
    role: 'assistant' | 'operator',
    text: string,
  ): Promise<bigint> {
    const { id } = await tx.message.create({ data: { ...place, role, text }, select: { id: true } });
    await this.count(tx, place.conversationId, 1);
    return id;
  }

  private async count(tx: Prisma.TransactionClient, conversationId: string, added: number): Promise<void> {
    await tx.conversation.update({
      where: { id: conversationId },
      data: { messageCount: { increment: added }, lastMessageAt: new Date() },
      select: { id: true },
    });
  }
}

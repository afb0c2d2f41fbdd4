import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import type { Message, Prisma, Step, Turn } from '../generated/prisma/client.js';
import { turnsAnsweredBy } from './continued-turns.js';

/** As much of a message as its place in the history needs. */
export type PastMessage = Pick<
  Message,
  'id' | 'role' | 'text' | 'author' | 'turnId' | 'createdAt' | 'attachments' | 'outside'
>;

/** A page of history, newest first, with the tool steps of its turns. */
export interface HistoryPage {
  readonly messages: readonly PastMessage[];
  readonly steps: readonly Step[];
}

/** A stretch of one epoch's messages, by their ids; both ends are left out. */
export interface Stretch {
  readonly conversationId: string;
  readonly epoch: number;
  readonly after: bigint;
  readonly before: bigint;
}

/** After every message, and before every one: an end that leaves nothing out. */
export const NEWEST = 2n ** 63n - 1n;
export const OLDEST = 0n;

export interface NewUserMessage {
  readonly text: string;
  readonly author: string | null;
  readonly channelMessageId: bigint | null;
  /** The step of the running turn before which it joined; null where the turn began with it. */
  readonly stepIndex: number | null;
  /** The files that came with it; null for none. */
  readonly attachments: Prisma.InputJsonObject | null;
}

/** Where a message that belongs to no turn is said. */
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
    // Compared as rows, so that no other index gives the order: where one conversation has much of the table, the planner
    // would walk back through everybody's newest messages to find its own.
    const messages = await this.prisma.$queryRaw<PastMessage[]>`
      SELECT id, role::text, text, author, turn_id AS "turnId", created_at AS "createdAt", attachments, outside
      FROM messages
      WHERE (conversation_id, epoch, id) > (${conversationId}::uuid, ${epoch}, ${after})
        AND (conversation_id, epoch, id) < (${conversationId}::uuid, ${epoch}, ${before})
      ORDER BY conversation_id DESC, epoch DESC, id DESC
      LIMIT ${limit}`;
    return { messages, steps: await this.stepsOf(messages) };
  }

  /** The user's messages that a turn answers, in order: its own, behind those of a turn that was interrupted for it. */
  async ofTurn(turn: Pick<Turn, 'id' | 'continuesId'>): Promise<Message[]> {
    const turnId = { in: await turnsAnsweredBy(this.prisma, turn) };
    return await this.prisma.message.findMany({ where: { turnId, role: 'user' }, orderBy: { id: 'asc' } });
  }

  /** What was said in this stretch, oldest first, with the steps of its turns; of a stretch that is known to be short. */
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

  /** Writes the messages a turn has claimed, in order, and counts them. */
  async addUserMessages(
    tx: Prisma.TransactionClient,
    turn: { readonly id: string; readonly conversationId: string; readonly epoch: number },
    messages: readonly NewUserMessage[],
  ): Promise<void> {
    await tx.message.createMany({
      data: messages.map(({ attachments, ...message }) => ({
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

  /**
   * Writes the agent's answer to a turn.
   * @param origin whether text from outside was in the request for it; what we say ourselves was asked of nobody
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

  /** Writes what the bot says by itself, as part of the history. @returns its id */
  addNotice(tx: Prisma.TransactionClient, place: Place, text: string): Promise<bigint> {
    return this.addBeside(tx, place, 'assistant', text);
  }

  /** Writes what an operator says as the bot. @returns its id */
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

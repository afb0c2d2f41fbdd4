import { afterAll, afterEach, beforeAll } from 'vitest';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import { RetentionSettings } from './retention.settings.js';
import { DatabaseClock } from '../platform/database/database-clock.js';
import type { Conversation, Prisma } from '../generated/prisma/client.js';
import { DeadLettersService } from '../dead-letters/dead-letters.service.js';
import { smallestIdOf } from '../platform/runtime/ids.js';
import { Stopping } from '../platform/runtime/stopping.js';
import { BudgetPurgeRepository } from './budget-purge.repository.js';
import { PayloadPurgeRepository } from './payload-purge.repository.js';
import { ReplyPurgeRepository } from './reply-purge.repository.js';
import { RetentionService } from './retention.service.js';
import { NotificationPurgeRepository } from './notification-purge.repository.js';
import { SchedulePurgeRepository } from './schedule-purge.repository.js';
import { StepPurgeRepository } from './step-purge.repository.js';

/** Set while the suite runs: see `useRetentionFixture`. */
export let room: Room;
export let deadLetters: DeadLettersService;
let lanes: Lanes;
let turns = 0;

export const DAY_MS = 86_400_000;
export const daysAgo = (days: number) => new Date(Date.now() - days * DAY_MS);
export const OLD = daysAgo(11);
export const YOUNG = daysAgo(9);
export const tenDays = { payloadDays: 10, stepDays: 10, replyDays: 10, budgetDays: 10 };

/** A database of the suite's own, emptied after each test. */
export function useRetentionFixture(): void {
  beforeAll(async () => {
    room = await Room.open();
    lanes = await Lanes.open('postgresql', room.url);
    deadLetters = new DeadLettersService(room.prisma, lanes.waker);
  });
  afterEach(() =>
    room.pool.query('DELETE FROM events; DELETE FROM conversations; DELETE FROM notifications'),
  );
  afterAll(async () => {
    await lanes.close();
    await room.close();
  });
}

export function retention(
  change: Partial<RetentionSettings> = {},
  stopping = new Stopping(),
): RetentionService {
  const settings = Object.assign(new RetentionSettings(), tenDays, change);
  const { prisma } = room;
  const purges = [
    new PayloadPurgeRepository(prisma),
    new StepPurgeRepository(prisma),
    new ReplyPurgeRepository(prisma),
    new BudgetPurgeRepository(prisma),
    new SchedulePurgeRepository(prisma),
    new NotificationPurgeRepository(prisma),
  ] as const;
  return new RetentionService(settings, new DatabaseClock(prisma), stopping, ...purges);
}

export async function aTurn(
  { id: conversationId }: Conversation,
  change: Partial<Prisma.TurnUncheckedCreateInput> = {},
): Promise<string> {
  const began = daysAgo(12).getTime() + (turns += 1);
  const { id } = await room.prisma.turn.create({
    data: {
      id: smallestIdOf(new Date(began)),
      conversationId,
      epoch: 0,
      state: 'done',
      inputTokens: 7,
      finishedAt: OLD,
      ...change,
    },
  });
  await room.prisma.step.createMany({
    data: [0, 1].map((index) => ({
      turnId: id,
      index,
      kind: 'model',
      name: 'm',
      requestDigest: 'd',
      result: {},
      startedAt: OLD,
    })),
  });
  return id;
}

export async function aReply(
  { id: conversationId }: Conversation,
  change: Partial<Prisma.ReplyUncheckedCreateInput> = {},
): Promise<bigint> {
  const data = { conversationId, body: { text: 'hi' }, state: 'sent' as const, settledAt: OLD, ...change };
  return (await room.prisma.reply.create({ data })).id;
}

export async function aLetter(
  { id: conversationId }: Conversation,
  kind: 'event' | 'turn' | 'reply',
  subjectId: string,
): Promise<string> {
  const reason = { reason: 'R', attempts: 1, lastError: 'x' };
  const { id } = await room.prisma.deadLetter.create({
    data: { id: room.ids.next(), kind, subjectId, conversationId, ...reason },
  });
  return id;
}

export const hasPayload = async (id: bigint) =>
  (await room.prisma.event.findUniqueOrThrow({ where: { id } })).payload !== null;
export const stepsOf = (turnId: string) => room.prisma.step.count({ where: { turnId } });
export const exists = async (id: bigint) => (await room.prisma.reply.count({ where: { id } })) === 1;

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { telegramChannel } from '../../../test/support/telegram-channel.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Conversation, Prisma, Schedule } from '../../generated/prisma/client.js';
import { AccessPolicy } from '../../access/access-policy.js';
import { AccessGrantRepository } from '../../access/access-grant.repository.js';
import { AccessSettings } from '../../channel/access.settings.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { DueSchedulesRepository } from './due-schedules.repository.js';
import { ScheduleFiring } from './schedule-firing.js';

export const AN_HOUR_MS = 3_600_000;
export const DAILY = { kind: 'task', cron: '0 9 * * *', timeZone: 'Europe/Berlin' } as const;

/** Set while the suite runs: see `useFiringFixture`. */
export let room: Room;
export let firing: ScheduleFiring;
export let conversation: Conversation;
let number = 0;

/** One process. */
export function processOn(prisma: PrismaService, allowedChats: readonly string[] = []): ScheduleFiring {
  const channel = telegramChannel(
    { token: '1:a', root: 'http://127.0.0.1:9' },
    { allowedChats: [...allowedChats] },
  );
  const outbox = new Outbox(channel);
  const accessPolicy = new AccessPolicy(channel, new AccessGrantRepository(prisma), new AccessSettings());
  return new ScheduleFiring(
    prisma,
    new DueSchedulesRepository(prisma),
    new MessageRepository(prisma),
    outbox,
    accessPolicy,
  );
}

/** Each test of the file has a conversation of its own, and no schedules but its own. */
export function useFiringFixture(): void {
  beforeAll(async () => {
    room = await Room.open();
    firing = processOn(room.prisma);
  });
  afterAll(() => room.close());
  beforeEach(async () => {
    await room.pool.query('DELETE FROM schedules');
    await anotherConversation();
  });
}

/** Makes another conversation the subject of the test. */
export async function anotherConversation(...change: Parameters<Room['conversation']>): Promise<void> {
  conversation = await room.conversation(...change);
}

export function schedule(change: Partial<Prisma.ScheduleUncheckedCreateInput> = {}): Promise<Schedule> {
  number += 1;
  return room.prisma.schedule.create({
    data: {
      id: room.ids.next(),
      conversationId: conversation.id,
      number,
      kind: 'reminder',
      text: 'Tea',
      nextAt: new Date(Date.now() - 60_000),
      ...change,
    },
  });
}
export const found = ({ id }: Schedule) => room.prisma.schedule.findUniqueOrThrow({ where: { id } });
export const ofConversation = () => ({ where: { conversationId: conversation.id } });
export const replies = () => room.prisma.reply.count(ofConversation());
export const events = () => room.prisma.event.findMany({ ...ofConversation(), orderBy: { id: 'asc' } });

import { afterAll, beforeAll, beforeEach } from 'vitest';
import { Room } from '../../../test/support/room.js';
import type { Conversation, Prisma, Trigger } from '../../generated/prisma/client.js';
import { writeWebhook } from '../webhook-event.js';

/** Set while the suite runs: see `useRoutingFixture`. */
export let room: Room;
export let conversation: Conversation;
let sourceId: string;
let number = 0;

/** Each test of the file has the source `shop`, without triggers, and a conversation of its own. */
export function useRoutingFixture(): void {
  beforeAll(async () => {
    room = await Room.open();
  });
  afterAll(() => room.close());
  beforeEach(async () => {
    await room.pool.query('TRUNCATE events, sources, triggers, coalescing_windows CASCADE');
    sourceId = room.ids.next();
    await room.prisma.source.create({
      data: { id: sourceId, name: 'shop', preset: 'none', maxBodyBytes: 1000 },
    });
    conversation = await room.conversation();
  });
}

export function trigger(change: Partial<Prisma.TriggerUncheckedCreateInput> = {}): Promise<Trigger> {
  number += 1;
  return room.prisma.trigger.create({
    data: {
      id: room.ids.next(),
      name: `trigger-${number}`,
      sourceId,
      prompt: 'Order {{payload.id}}',
      conversationId: conversation.id,
      ...change,
    },
  });
}

export async function webhook(
  body: unknown,
  change: Partial<Prisma.EventUncheckedCreateInput> = {},
): Promise<bigint> {
  number += 1;
  const { id } = await room.prisma.event.create({
    data: {
      source: 'webhook:shop',
      externalId: String(number),
      kind: 'webhook',
      payload: JSON.parse(writeWebhook('order', JSON.stringify(body))),
      ...change,
    },
  });
  return id;
}

export const messages = () =>
  room.prisma.event.findMany({ where: { source: 'trigger' }, orderBy: { id: 'asc' } });
export const texts = async () => (await messages()).map(({ payload }) => String(Object(payload).text));
export const outcomes = () => room.prisma.triggerOutcome.findMany({ orderBy: { eventId: 'asc' } });

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import type { EventState } from '../generated/prisma/client.js';
import { UnconfirmedEventRepository } from './unconfirmed-event.repository.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

describe('UnconfirmedEventRepository', () => {
  it.each<[EventState, boolean]>([
    ['waiting', true],
    ['claimed', false],
    ['done', false],
    ['erased', false],
  ])(
    'assigns a conversation to an event only while no other process handles it: %s',
    async (state, isPlaced) => {
      const events = new UnconfirmedEventRepository(room.pool);
      const [before, now] = [await room.conversation(), await room.conversation()];
      const id = await room.event(before, 'hello', { state });
      await room.pool.query('INSERT INTO unconfirmed_events VALUES ($1)', [id]);
      const placed = await events.attach([{ eventId: String(id), conversationId: now.id }]);
      expect(placed).toEqual(isPlaced ? [String(id)] : []);
      const { conversationId } = await room.prisma.event.findUniqueOrThrow({ where: { id } });
      expect(conversationId).toBe(isPlaced ? now.id : before.id);
    },
  );
});

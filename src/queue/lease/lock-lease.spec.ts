import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { lockLease } from './lock-lease.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

describe('The lock of a lane', () => {
  it.each(['held', 'given back', 'never held'] as const)(
    'serialises transactions where it is %s, and does not change its holder',
    async (before) => {
      const { id } = await room.conversation();
      const lease = before === 'never held' ? null : await room.lease(id);
      if (lease && before === 'given back') await room.leases.release(lease);
      const order: string[] = [];
      const second = await room.prisma.$transaction(async (tx) => {
        await lockLease(tx, id, 'turns');
        const waiting = room.prisma.$transaction(async (other) => {
          await lockLease(other, id, 'turns');
          order.push('second');
        });
        await room.somebodyWaitsForALock();
        order.push('first');
        return { waiting };
      });
      await second.waiting;
      expect(order).toEqual(['first', 'second']);
      const next = await room.leases.acquire(id, 'turns');
      expect(next === null).toBe(before === 'held');
    },
  );
});

import type { PoolClient } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { UserId } from '../channel/ids.js';
import { Room } from '../../test/support/room.js';
import type { Sender } from '../channel/inbound.js';
import { PersonRepository } from './person.repository.js';

const person = (userId: string, firstName: string): Sender => {
  return {
    userId: UserId(userId),
    isChat: false,
    firstName,
    lastName: null,
    username: null,
    languageCode: null,
  };
};

describe('The people of several messages', () => {
  const people = new PersonRepository();
  let room: Room;
  let holder: PoolClient;

  beforeAll(async () => {
    room = await Room.open();
    holder = await room.pool.connect();
  });
  afterAll(async () => {
    holder.release();
    await room.close();
  });
  beforeEach(async () => {
    await room.prisma.person.deleteMany();
  });

  it('are remembered once each, as their last message has them', async () => {
    const senders = [person('2', 'Bob'), null, person('1', 'Ada'), person('2', 'Robert')];
    await room.prisma.$transaction((tx) => people.rememberAll(tx, 'telegram', senders));
    const found = await room.prisma.person.findMany({ orderBy: { userId: 'asc' } });
    expect(found.map(({ firstName }) => firstName)).toEqual(['Ada', 'Robert']);
  });

  it('are locked by their ids, in any order of messages: two groups cannot deadlock', async () => {
    const [ada, bob] = [person('1', 'Ada'), person('2', 'Bob')];
    await room.prisma.$transaction((tx) => people.rememberAll(tx, 'telegram', [ada, bob]));
    await holder.query('BEGIN');
    await holder.query("UPDATE people SET updated_at = now() WHERE user_id = '1'");
    const other = room.prisma.$transaction((tx) => people.rememberAll(tx, 'telegram', [bob, ada]));
    await room.somebodyWaitsForALock();
    const second = await holder.query("SELECT 1 FROM people WHERE user_id = '2' FOR UPDATE SKIP LOCKED");
    await holder.query('COMMIT');
    await other;
    expect(second.rowCount).toBe(1);
  });
});

import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { shortTransaction } from './short-transaction.js';

let room: Room;
beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

describe('shortTransaction', () => {
  it('fails while another session holds a lock that it needs', async () => {
    const { id } = await room.conversation();
    const other = new Client({ connectionString: room.url });
    await other.connect();
    await other.query('BEGIN');
    await other.query('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [id]);
    const change = shortTransaction(room.prisma, (tx) =>
      tx.conversation.update({ where: { id }, data: { title: 'changed' } }),
    );
    await expect(change).rejects.toThrow('lock timeout');
    await other.end();
  });

  it('fails when one statement takes too long', async () => {
    const sleep = shortTransaction(room.prisma, (tx) => tx.$queryRaw`SELECT 1 FROM pg_sleep(60)`);
    await expect(sleep).rejects.toThrow('statement timeout');
  });

  it('leaves the connection’s settings unchanged', async () => {
    await shortTransaction(room.prisma, () => Promise.resolve());
    const limits = await room.prisma.$queryRaw`SELECT current_setting('lock_timeout') AS "lockTimeout"`;
    expect(limits).toEqual([{ lockTimeout: '0' }]);
  });
});

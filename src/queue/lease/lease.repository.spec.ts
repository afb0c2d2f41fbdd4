import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import { LEASE_TTL_MS } from './lease.repository.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open({ poolSize: 12 });
});
afterAll(() => room.close());

const newId = async () => (await room.conversation()).id;

/** Milliseconds until the lease ends, by the database's clock. */
async function leftMs(conversationId: string): Promise<number> {
  const [row] = await room.rows<{ left: number }>(
    `SELECT (extract(epoch FROM expires_at - clock_timestamp()) * 1000)::float8 AS left
     FROM leases WHERE conversation_id = $1`,
    [conversationId],
  );
  return row?.left ?? Number.NaN;
}

describe('LeaseRepository', () => {
  it('gives a lane of a conversation to one holder, and another lane to another', async () => {
    const id = await newId();
    const lease = await room.leases.acquire(id, 'turns');
    expect(lease).toMatchObject({ conversationId: id, lane: 'turns' });
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
    expect(await room.leases.acquire(id, 'deliveries')).not.toBeNull();
  });

  it('gives a lease to one of many that ask at once, whether it is new, given back or expired', async () => {
    for (let round = 0; round < 50; round += 1) {
      const id = await newId();
      for (const before of ['new', 'given back', 'expired']) {
        const asked = await Promise.all(Array.from({ length: 4 }, () => room.leases.acquire(id, 'turns')));
        const got = asked.filter((lease) => lease !== null);
        expect(got, before).toHaveLength(1);
        if (before === 'new') await Promise.all(got.map((lease) => room.leases.release(lease)));
        else await room.expire(id);
      }
    }
  });

  it('counts its holders in the token, whatever the random bits of the last one were', async () => {
    const id = await newId();
    for (const held of ['unheld', '1', String((7n << 31n) | 0x7fff_ffffn)]) {
      if (held !== 'unheld')
        await room.pool.query('UPDATE leases SET token = $2 WHERE conversation_id = $1', [id, held]);
      const { token } = await room.takeOver(id);
      const before = held === 'unheld' ? 0n : BigInt(held) >> 31n;
      expect(token >> 31n).toBe(before + 1n);
    }
  });

  it('gives no token twice, even when a standby takes over that lacks the last commits', async () => {
    const id = await newId();
    for (const before of ['never held', 'held before']) {
      if (before === 'held before') await room.leases.release(await room.takeOver(id));
      const rows = await room.rows<{ token: string }>('SELECT token FROM leases WHERE conversation_id = $1', [
        id,
      ]);
      const lost = await room.takeOver(id);
      // The row as the standby has it.
      if (rows[0] === undefined) await room.pool.query('DELETE FROM leases WHERE conversation_id = $1', [id]);
      else
        await room.pool.query(
          `UPDATE leases SET token = $2, expires_at = '-infinity' WHERE conversation_id = $1`,
          [id, rows[0].token],
        );
      const next = await room.lease(id);
      expect(next.token >> 31n, before).toBe(lost.token >> 31n);
      await expect(room.prisma.$transaction((tx) => room.leases.assertHeld(tx, lost))).rejects.toThrow(
        LeaseLostError,
      );
      await room.prisma.$transaction((tx) => room.leases.assertHeld(tx, next));
    }
  });

  it('gives no lease of a conversation that does not exist', async () => {
    expect(await room.leases.acquire(randomUUID(), 'turns')).toBeNull();
  });

  it('does not count as held when the database refuses the question', async () => {
    await expect(room.leases.acquire('no id of a conversation', 'turns')).rejects.toThrow('22P02');
  });

  it('is held for its time by the database’s clock, and prolonged by a renewal', async () => {
    const id = await newId();
    const lease = await room.lease(id);
    const first = await leftMs(id);
    expect(first).toBeGreaterThan(0);
    expect(first).toBeLessThanOrEqual(LEASE_TTL_MS);
    await room.pool.query(
      `UPDATE leases SET expires_at = clock_timestamp() + interval '1 s' WHERE conversation_id = $1`,
      [id],
    );
    expect(await room.leases.renew(lease)).toBe(true);
    expect(await leftMs(id)).toBeGreaterThan(1_000);
  });

  it('is free as soon as its holder gives it back', async () => {
    const id = await newId();
    await room.leases.release(await room.lease(id));
    expect(await room.leases.acquire(id, 'turns')).not.toBeNull();
  });

  it('stays lost when a renewal comes after it was given back or taken away', async () => {
    const id = await newId();
    for (const end of ['given back', 'taken away']) {
      const lease = await room.takeOver(id);
      if (end === 'given back') await room.leases.release(lease);
      else await room.prisma.$transaction((tx) => room.leases.revoke(tx, id, 'turns'));
      expect(await room.leases.renew(lease), end).toBe(false);
      expect(await room.leases.acquire(id, 'turns'), end).not.toBeNull();
    }
  });

  it('is cut to its time when the database’s clock was set back: a holder that lives goes on, a dead one is followed', async () => {
    const id = await newId();
    const lease = await room.lease(id);
    const setBack = () =>
      room.pool.query(
        `UPDATE leases SET expires_at = expires_at + interval '1 h' WHERE conversation_id = $1`,
        [id],
      );
    await setBack();
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
    expect(await leftMs(id)).toBeLessThanOrEqual(LEASE_TTL_MS);
    await room.prisma.$transaction((tx) => room.leases.assertHeld(tx, lease));
    expect(await room.leases.renew(lease)).toBe(true);
    await room.expire(id);
    expect(await room.leases.acquire(id, 'turns')).not.toBeNull();
  });

  it('leaves a lease that never ends alone: its conversation is being erased', async () => {
    const id = await newId();
    await room.lease(id);
    await room.pool.query(`UPDATE leases SET expires_at = 'infinity' WHERE conversation_id = $1`, [id]);
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
    const [row] = await room.rows<{ never: boolean }>(
      `SELECT expires_at = 'infinity' AS never FROM leases WHERE conversation_id = $1`,
      [id],
    );
    expect(row?.never).toBe(true);
  });

  it('locks the lease before its conversation: asking for one that is free does not touch the conversation', async () => {
    const id = await newId();
    await room.leases.release(await room.lease(id));
    const client = await room.pool.connect();
    await client.query('BEGIN');
    await client.query('SELECT 1 FROM conversations WHERE id = $1 FOR UPDATE', [id]);
    const lease = await room.leases.acquire(id, 'turns');
    await client.query('ROLLBACK');
    client.release();
    expect(lease).not.toBeNull();
  });

  it('refuses a holder that was taken over: no renewal, no commit, and giving back changes nothing', async () => {
    const id = await newId();
    const old = await room.lease(id);
    const current = await room.takeOver(id);
    expect(await room.leases.renew(old)).toBe(false);
    await room.leases.release(old);
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
    const fenced = room.prisma.$transaction((tx) => room.leases.assertHeld(tx, old));
    await expect(fenced).rejects.toBeInstanceOf(LeaseLostError);
    await room.prisma.$transaction((tx) => room.leases.assertHeld(tx, current));
  });

  it('lets a holder whose time ran out go on until another takes over', async () => {
    const id = await newId();
    const lease = await room.lease(id);
    await room.expire(id);
    expect(await room.leases.renew(lease)).toBe(true);
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
  });

  it('makes a takeover wait for the commit whose fence was passed before', async () => {
    const id = await newId();
    const lease = await room.lease(id);
    await room.expire(id);
    const order: string[] = [];
    const takeover = await room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, lease);
      const taking = room.leases.acquire(id, 'turns').then((next) => {
        order.push('taken over');
        return next;
      });
      await room.somebodyWaitsForALock();
      await tx.conversation.update({ where: { id }, data: { title: 'committed in time' } });
      order.push('committing');
      return { taking };
    });
    const next = (await takeover.taking)?.token;
    expect(next).toBeDefined();
    expect(next).not.toBe(lease.token);
    expect(order).toEqual(['committing', 'taken over']);
  });

  it('refuses a commit whose fence waited for the takeover', async () => {
    const id = await newId();
    const old = await room.lease(id);
    const client = await room.pool.connect();
    await client.query('BEGIN');
    await client.query('UPDATE leases SET token = token + 1 WHERE conversation_id = $1', [id]);
    const commit = room.prisma.$transaction(async (tx) => {
      await room.leases.assertHeld(tx, old);
      await tx.conversation.update({ where: { id }, data: { title: 'too late' } });
    });
    const outcome = expect(commit).rejects.toBeInstanceOf(LeaseLostError);
    await room.somebodyWaitsForALock();
    await client.query('COMMIT');
    client.release();
    await outcome;
    expect((await room.conversations.find(id))?.title).toBeNull();
  });

  it('is lost with its conversation', async () => {
    const id = await newId();
    const lease = await room.lease(id);
    await room.prisma.conversation.delete({ where: { id } });
    expect(await room.leases.renew(lease)).toBe(false);
    const fenced = room.prisma.$transaction((tx) => room.leases.assertHeld(tx, lease));
    await expect(fenced).rejects.toBeInstanceOf(LeaseLostError);
  });

  it('is refused when the conversation is erased during the request', async () => {
    for (const held of [true, false]) {
      const id = await newId();
      if (held) await room.lease(id);
      await room.expire(id);
      const client = await room.pool.connect();
      await client.query('BEGIN');
      await client.query('DELETE FROM conversations WHERE id = $1', [id]);
      const asking = room.leases.acquire(id, 'turns');
      const outcome = expect(asking, held ? 'held before' : 'never held').resolves.toBeNull();
      await room.somebodyWaitsForALock();
      await client.query('COMMIT');
      client.release();
      await outcome;
    }
  });
});

import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { Room } from '../../../test/support/room.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import { LEASE_TTL_MS } from './lease.repository.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open({ poolSize: 12 });
});
afterAll(() => room.close());
afterEach(() => vi.useRealTimers());

/** The time of one heartbeat passes; the database's clock is independent of it. */
const beat = () => vi.advanceTimersByTime(LEASE_TTL_MS / 3);

describe('LeaseHolder', () => {
  it('runs the work of two contenders one at a time, fifty times over', async () => {
    const { id } = await room.conversation();
    let inside = 0;
    let most = 0;
    let ran = 0;
    const race = () =>
      room.holder.hold(id, 'turns', async () => {
        most = Math.max(most, (inside += 1));
        await room.pool.query('SELECT 1');
        inside -= 1;
        ran += 1;
        return 'done';
      });
    for (let round = 0; round < 50; round += 1) {
      const outcomes = await Promise.all([race(), race()]);
      expect(outcomes).toContain('done');
    }
    expect(most).toBe(1);
    expect(ran).toBeGreaterThanOrEqual(50);
  });

  it('gives the lease back when the work ends, and when it fails', async () => {
    const { id } = await room.conversation();
    await expect(room.holder.hold(id, 'turns', () => Promise.reject(new Error('broken')))).rejects.toThrow(
      'broken',
    );
    expect(await room.holder.hold(id, 'turns', () => Promise.resolve(1))).toBe(1);
    expect(await room.holder.hold(id, 'turns', () => Promise.resolve(2))).toBe(2);
  });

  it('returns null without running the work while another holds the lease, or without a conversation', async () => {
    const { id } = await room.conversation();
    await room.lease(id);
    const work = vi.fn(() => Promise.resolve('ran'));
    expect(await room.holder.hold(id, 'turns', work)).toBeNull();
    expect(await room.holder.hold(randomUUID(), 'turns', work)).toBeNull();
    expect(work).not.toHaveBeenCalled();
  });

  it('renews the lease for as long as the work takes, and stops with it', async () => {
    const { id } = await room.conversation();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await room.holder.hold(id, 'turns', async () => {
      await room.expire(id);
      beat();
      await eventually(async () => {
        const held = await room.rows(
          'SELECT 1 FROM leases WHERE conversation_id = $1 AND expires_at > clock_timestamp()',
          [id],
        );
        if (held.length === 0) throw new Error('not renewed');
      });
    });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('aborts the work’s signal when the lease was lost', async () => {
    const { id } = await room.conversation();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    await room.holder.hold(id, 'turns', async (_lease, lost) => {
      await room.takeOver(id);
      beat();
      await eventually(() => expect(lost.aborted).toBe(true));
      expect(lost.reason).toBeInstanceOf(LeaseLostError);
    });
    // The new holder’s lease was left alone.
    expect(await room.leases.acquire(id, 'turns')).toBeNull();
  });

  it('does not take an unreachable database for a loss', async () => {
    const { id } = await room.conversation();
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const outcome = await room.holder.hold(id, 'turns', async (lease, lost) => {
      await room.pool.query('ALTER TABLE leases RENAME TO leases_away');
      const renew = vi.spyOn(room.leases, 'renew');
      beat();
      await eventually(() => expect(renew.mock.settledResults[0]?.type).toBe('rejected'));
      renew.mockRestore();
      await room.pool.query('ALTER TABLE leases_away RENAME TO leases');
      expect(await room.leases.renew(lease)).toBe(true);
      return lost.aborted;
    });
    expect(outcome).toBe(false);
  });
});

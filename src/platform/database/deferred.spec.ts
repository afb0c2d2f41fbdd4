import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { Prisma } from '../../generated/prisma/client.js';
import { isDue, isWithin, putOffBy, waitMsOf } from './deferred.js';

let room: Room;
beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

const DAY = 86_400_000;
const at = (ms: number | null) => Prisma.sql`to_timestamp(${ms}::float8 / 1000)`;

/** The SQL results for each row at the time `now`: rows are deferred at `since`, for `forMs`, or never. */
async function judged(
  cases: readonly { readonly since: number | null; readonly forMs: number; readonly now: number }[],
) {
  const rows = cases.map(({ since, forMs, now }, place) => {
    const until = (since ?? 0) + forMs;
    return Prisma.sql`(${place}::int, ${at(since)}, ${at(until)}, ${at(now)})`;
  });
  const deferral = { since: Prisma.sql`since`, until: Prisma.sql`until` };
  return await room.prisma.$queryRaw<{ due: boolean; waitMs: number }[]>`
    SELECT ${isDue(deferral, Prisma.sql`now`)} AS due, ${waitMsOf(deferral, Prisma.sql`now`)} AS "waitMs"
    FROM (VALUES ${Prisma.join(rows)}) AS v (place, since, until, now) ORDER BY place`;
}

describe('A deferred row', () => {
  it('never waits longer than its deferral, whatever the clock is set to, and no other row waits', async () => {
    const time = fc.integer({ min: 1_700_000_000_000, max: 1_700_000_000_000 + 3 * DAY });
    const some = fc.record({
      since: fc.option(time, { freq: 4 }),
      forMs: fc.integer({ min: 0, max: DAY }),
      now: time,
    });
    await fc.assert(
      fc.asyncProperty(fc.array(some, { minLength: 1, maxLength: 200 }), async (cases) => {
        for (const [place, { due, waitMs }] of (await judged(cases)).entries()) {
          const { since, forMs, now } = cases[place] ?? { since: null, forMs: 0, now: 0 };
          const waits = since !== null && now >= since && now < since + forMs;
          expect(due).toBe(!waits);
          expect(waitMs).toBeCloseTo(waits ? since + forMs - now : 0, 1);
          expect(waitMs).toBeLessThanOrEqual(forMs);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('waits for its time by an undisturbed clock', async () => {
    const since = 1_700_000_000_000;
    const readings = [0, 1, 4_999, 5_000, 5_001].map((ms) => ({ since, forMs: 5_000, now: since + ms }));
    expect((await judged(readings)).map(({ due }) => due)).toEqual([false, false, false, true, true]);
  });

  it('is deferred by the database’s clock, and due at once when that is set back', async () => {
    const conversation = await room.conversation();
    const reply = await room.prisma.reply.create({ data: { conversationId: conversation.id, body: {} } });
    await room.prisma.$executeRaw`UPDATE replies SET ${putOffBy(60_000)} WHERE id = ${reply.id}`;
    const deferral = { since: Prisma.sql`deferred_at`, until: Prisma.sql`available_at` };
    const due = async (setBack: string) => {
      const now = Prisma.sql`clock_timestamp() - ${setBack}::interval`;
      const rows = await room.prisma.$queryRaw<{ due: boolean }[]>`
        SELECT ${isDue(deferral, now)} AS due FROM replies WHERE id = ${reply.id}`;
      return rows.map((row) => row.due);
    };
    expect([await due('0'), await due('1 h'), await due('-1 h')]).toEqual([[false], [true], [true]]);
  });
});

describe('isWithin', () => {
  it('counts a moment in the future as long ago', async () => {
    const ages = ['-1 h', '1 s', '59 s', '61 s', '1 h'];
    const moment = Prisma.sql`clock_timestamp() - age::interval`;
    const rows = await room.prisma.$queryRaw<{ recent: boolean }[]>`
      SELECT ${isWithin(moment, 60_000)} AS recent FROM unnest(${ages}::text[]) WITH ORDINALITY AS a (age, place)
      ORDER BY place`;
    expect(rows.map(({ recent }) => recent)).toEqual([false, true, true, false, false]);
  });
});

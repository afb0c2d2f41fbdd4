import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import type { TriggerResult } from '../../generated/prisma/client.js';
import { writeWebhook } from '../webhook-event.js';
import { ReplayRepository, type ReplaySelection } from './replay.repository.js';

let room: Room;
let replays: ReplayRepository;
let number = 0;

beforeAll(async () => {
  room = await Room.open();
  replays = new ReplayRepository(room.prisma, room.ids);
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.pool.query('TRUNCATE events, sources, triggers, webhook_replays CASCADE');
  for (const name of ['shop', 'forge'])
    await room.prisma.source.create({
      data: { id: room.ids.next(), name, preset: 'none', maxBodyBytes: 1000 },
    });
});

async function webhook(source = 'shop', change: object = {}): Promise<bigint> {
  number += 1;
  const { id } = await room.prisma.event.create({
    data: {
      source: `webhook:${source}`,
      externalId: String(number),
      kind: 'webhook',
      state: 'done',
      payload: JSON.parse(writeWebhook('order', `{"n":${number}}`)),
      ...change,
    },
  });
  return id;
}
const seen = (eventId: bigint, triggerId: string, result: TriggerResult) =>
  room.prisma.triggerOutcome.create({ data: { eventId, triggerId, result } });
const all: ReplaySelection = {
  source: 'webhook:shop',
  triggerId: null,
  result: null,
  receivedFrom: null,
  receivedTo: null,
};
/** Seconds pass for a replay. */
const pass = (seconds: number) =>
  room.pool.query(`UPDATE webhook_replays SET ran_at = ran_at - $1 * interval '1 second'`, [seconds]);
async function replayed(): Promise<string[]> {
  const rows = await room.prisma.event.findMany({
    where: { externalId: { startsWith: 'replay:' } },
    orderBy: { id: 'asc' },
  });
  return rows.map(({ externalId }) => externalId.split(':').at(-1) ?? '');
}
const toEnd = async (id: string) => {
  for (let passes = 0; passes < 20; passes += 1) {
    await pass(10);
    await replays.advance(id);
  }
};

describe('A replay of many webhooks', () => {
  it('stores those of its selection once more, in their order, and none that came in later', async () => {
    const ids = [await webhook(), await webhook(), await webhook()];
    await webhook('forge');
    await webhook('shop', { payload: undefined });
    await room.event(await room.conversation(), 'a message');
    const { id } = await replays.start(all, 100);
    await webhook();
    await toEnd(id);
    expect(await replayed()).toEqual(ids.map(String));
    expect(await replays.find(id)).toMatchObject({ replayed: 3, endedAt: expect.any(Date) });
    expect(await replays.running()).toEqual([]);
    const waiting = await room.prisma.event.findMany({ where: { kind: 'webhook', state: 'waiting' } });
    expect(waiting.map(({ payload }) => payload)).toHaveLength(3);
  });

  it('selects by trigger, by result and by time', async () => {
    const [one, other] = [room.ids.next(), room.ids.next()];
    const early = await webhook('shop', { receivedAt: new Date('2026-01-01') });
    const failed = await webhook('forge', { receivedAt: new Date('2026-02-01') });
    const passed = await webhook('shop', { receivedAt: new Date('2026-02-01') });
    await seen(early, one, 'failed');
    await seen(failed, one, 'failed');
    await seen(failed, other, 'accepted');
    await seen(passed, one, 'filtered');
    const selected = async (change: Partial<ReplaySelection>) => {
      await room.pool.query(`DELETE FROM events WHERE external_id LIKE 'replay:%'`);
      const { id } = await replays.start({ ...all, source: null, ...change }, 100);
      await toEnd(id);
      return await replayed();
    };
    expect(await selected({ triggerId: one })).toEqual([early, failed, passed].map(String));
    expect(await selected({ triggerId: one, result: 'failed' })).toEqual([early, failed].map(String));
    expect(await selected({ triggerId: other, result: 'failed' })).toEqual([]);
    expect(await selected({ source: 'webhook:shop', result: 'failed' })).toEqual([early].map(String));
    const receivedFrom = new Date('2026-01-15');
    expect(await selected({ triggerId: one, receivedFrom })).toEqual([failed, passed].map(String));
    expect(await selected({ triggerId: one, receivedTo: receivedFrom })).toEqual([early].map(String));
  });

  it('stores no more than its rate, whichever process works and however long none did', async () => {
    for (let count = 0; count < 60; count += 1) await webhook();
    const { id } = await replays.start(all, 2);
    await pass(3);
    const processes = [replays, new ReplayRepository(room.prisma, room.ids)];
    await Promise.all(processes.map((one) => one.advance(id)));
    await replays.advance(id);
    expect(await replayed()).toHaveLength(6);
    await pass(3_600);
    await replays.advance(id);
    expect(await replayed()).toHaveLength(26);
    expect(new Set(await replayed()).size).toBe(26);
  });

  it('ends where an operator ends it', async () => {
    await webhook();
    const { id } = await replays.start(all, 1);
    expect(await replays.end(id)).toMatchObject({ endedAt: expect.any(Date) });
    await toEnd(id);
    expect(await replayed()).toEqual([]);
    expect(await replays.end(room.ids.next())).toBeNull();
  });
});

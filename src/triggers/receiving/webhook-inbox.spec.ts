import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { RetryLaterError } from '../../platform/errors/errors.js';
import { MAX_WAITING, WebhookInbox } from './webhook-inbox.js';
import { type NewWebhook, WebhookRepository } from './webhook.repository.js';

let room: Room;
let inbox: WebhookInbox;
let woken: string[];

const newInbox = () =>
  new WebhookInbox(new WebhookRepository(room.pool), {
    wake: (name: string) => void woken.push(name),
  } as never);
const ids = { shop: '0192d3a4-0000-7000-8000-000000000001', other: '0192d3a4-0000-7000-8000-000000000002' };
const webhook = (
  externalId: string,
  { source = 'shop', ...change }: Partial<NewWebhook & { source: keyof typeof ids }> = {},
): NewWebhook => ({
  sourceId: ids[source],
  source,
  externalId,
  payload: `{"type":null,"body":"${externalId}"}`,
  ...change,
});
const stored = () => room.prisma.event.findMany({ orderBy: { id: 'asc' } });

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.pool.query('TRUNCATE events, sources CASCADE');
  const sources = Object.entries(ids).map(([name, id]) => ({ id, name, preset: 'none', maxBodyBytes: 1 }));
  await room.prisma.source.createMany({ data: sources });
  woken = [];
  inbox = newInbox();
});

describe('The inbox of webhooks', () => {
  it('stores a webhook in no conversation, and wakes the routing of its source', async () => {
    expect(await inbox.accept(webhook('1'))).toBe('queued');
    expect(await stored()).toMatchObject([
      {
        source: 'webhook:shop',
        externalId: '1',
        conversationId: null,
        kind: 'webhook',
        state: 'waiting',
        payload: { type: null, body: '1' },
      },
    ]);
    expect(woken).toEqual(['shop']);
    expect(await room.rows('SELECT FROM unconfirmed_events')).toEqual([]);
  });

  it('stores one of several with the same id, however they arrive', async () => {
    const others = newInbox();
    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, index) =>
        (index % 2 ? inbox : others).accept(webhook(String(index % 4))),
      ),
    );
    expect(answers.filter((answer) => answer === 'queued')).toHaveLength(4);
    expect(await stored()).toHaveLength(4);
    expect(await inbox.accept(webhook('1', { source: 'other' }))).toBe('queued');
    expect(await inbox.accept(webhook('1', { source: 'other' }))).toBe('duplicate');
  });

  it('keeps the order of arrival', async () => {
    const ids = Array.from({ length: 100 }, (_, index) => String(index));
    await Promise.all(ids.map((id) => inbox.accept(webhook(id))));
    expect((await stored()).map(({ externalId }) => externalId)).toEqual(ids);
  });

  it('refuses what PostgreSQL cannot store, and stores its neighbours', async () => {
    const unstorable = webhook('bad', { payload: '{"type":null,"body":"\\ud800"}', externalId: 'bad\0' });
    const [good, bad, last] = await Promise.allSettled([
      inbox.accept(webhook('1')),
      inbox.accept(unstorable),
      inbox.accept(webhook('2')),
    ]);
    expect([good.status, bad.status, last.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(await stored()).toHaveLength(2);
  });

  it('asks to send again when too many of a source wait, and of that source alone', async () => {
    await room.pool.query(
      `INSERT INTO events (source, external_id, kind, payload)
       SELECT 'webhook:shop', 'waiting ' || n, 'webhook', '{}' FROM generate_series(1, $1::int) AS n`,
      [MAX_WAITING],
    );
    await expect(inbox.accept(webhook('1'))).rejects.toThrow(RetryLaterError);
    expect(await inbox.accept(webhook('1', { source: 'other' }))).toBe('queued');
    await room.pool.query(`UPDATE events SET state = 'done' WHERE external_id = 'waiting 1'`);
    expect(await inbox.accept(webhook('1'))).toBe('queued');
  });

  it('stores none of a source that is deleted, though this process does not know it yet', async () => {
    await room.whileLocked('DELETE FROM sources WHERE name = $1', ['shop'], async () => {
      await expect(inbox.accept(webhook('1'))).rejects.toThrow(RetryLaterError);
    });
    await room.prisma.source.delete({ where: { name: 'shop' } });
    const [gone, other] = await Promise.allSettled([
      inbox.accept(webhook('1')),
      inbox.accept(webhook('1', { source: 'other' })),
    ]);
    expect(gone).toMatchObject({ status: 'rejected', reason: { status: 404 } });
    expect(other).toMatchObject({ status: 'fulfilled', value: 'queued' });
    expect(await stored()).toHaveLength(1);
  });

  it('asks to send again while another session stores the same webhook', async () => {
    const insert = `INSERT INTO events (source, external_id, kind) VALUES ('webhook:shop', '1', 'webhook')`;
    await room.whileLocked(insert, [], async () => {
      await expect(inbox.accept(webhook('1'))).rejects.toThrow(RetryLaterError);
    });
    expect(await inbox.accept(webhook('1'))).toBe('queued');
  });
});

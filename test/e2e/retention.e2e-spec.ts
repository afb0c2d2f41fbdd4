import { Redis } from 'ioredis';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId, textUpdate } from '../support/updates.js';

describeOnEachBackend('Retention', (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await World.start(backend, { RETENTION_PAYLOAD_DAYS: '5', RETENTION_REPLY_DAYS: '0' });
  });
  afterAll(() => world.stop());

  it('purges old records by itself; the update is still a duplicate, and the chat goes on', async () => {
    const chat = newChatId();
    const update = textUpdate(chat, `[${chat}] before`);
    await world.post(update).expect({ status: 'queued' });
    await world.lastOf(chat, 1);
    const id = await world.conversationId(chat);
    await eventually(async () => expect(await world.eventStates(chat)).toEqual({ done: 1 }));
    await eventually(async () =>
      expect(await world.sql('SELECT FROM replies WHERE settled_at IS NULL')).toEqual([]),
    );
    await world.sql(`UPDATE events SET received_at = now() - interval '5 days 1 hour'`);
    await world.sql(`UPDATE replies SET settled_at = now() - interval '5 days 1 hour'`);
    // A pass begins with the first process; here the next one would come in ten minutes.
    await world.stopApp();
    await forgetSchedule();
    await Promise.all([world.startApp(), world.startApp()]);
    const payloads = () =>
      world.sql<{ payload: unknown }>('SELECT payload FROM events WHERE conversation_id = $1', [id]);
    await eventually(async () => expect(await payloads()).toEqual([{ payload: null }]));
    expect(await schedules()).toBe(1);
    await world.post(update).expect(200, { status: 'duplicate' });
    expect(await world.history(chat)).toMatchObject([
      { role: 'user', text: `[${chat}] before` },
      { role: 'assistant', delivery: { state: 'sent' } },
    ]);
    await world.sayAndRead(chat, `[${chat}] after`);
  });

  async function forgetSchedule(): Promise<void> {
    if (backend === 'redis') await world.redis.flush();
    else await world.sql(`DELETE FROM bullmq.scheduler; DELETE FROM bullmq.job`);
  }

  /** Of all processes together. */
  async function schedules(): Promise<number> {
    if (backend === 'postgresql')
      return (await world.sql(`SELECT FROM bullmq.scheduler WHERE queue = 'retention'`)).length;
    const redis = new Redis(world.redis.url);
    try {
      return await redis.zcard('turnpike:retention:repeat');
    } finally {
      redis.disconnect();
    }
  }
});

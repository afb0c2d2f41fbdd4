import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import type { Conversation } from '../generated/prisma/client.js';
import { Metrics } from '../platform/observability/metrics.js';
import { type LaneName, lanes as laneNames } from '../queue/lanes.js';
import { SweepMisses } from './sweep-misses.js';
import { SweepRepository } from './sweep.repository.js';
import { SweepService } from './sweep.service.js';

let room: Room;
let lanes: Lanes;
let sweep: SweepService;

beforeAll(async () => {
  room = await Room.open();
  lanes = await Lanes.open('postgresql', room.url);
  const misses = new SweepMisses(new Metrics());
  sweep = new SweepService(new SweepRepository(room.prisma), lanes.waker, lanes.backend, misses);
});
afterAll(async () => {
  await lanes.close();
  await room.close();
});

/** Work without a wake-up, for each lane. */
const leave: Readonly<Record<LaneName, (conversation: Conversation) => Promise<unknown>>> = {
  turns: (conversation) => room.event(conversation, 'hello'),
  commands: (conversation) => room.event(conversation, '/help'),
  deliveries: ({ id }) => room.prisma.reply.create({ data: { conversationId: id, body: {} } }),
  summaries: ({ id }) =>
    room.prisma.summary.create({ data: { conversationId: id, epoch: 0, dueAt: new Date(0) } }),
};

describe('The sweep', () => {
  it.each(laneNames)('wakes the lane %s of a conversation with work there', async (lane) => {
    const conversation = await room.conversation();
    await leave[lane](conversation);
    await sweep.run();
    const woken = async () => {
      const jobs = await lanes.queues[lane].getJobs(['waiting', 'delayed', 'prioritized']);
      return jobs.map(({ data }) => data.conversationId);
    };
    await eventually(async () => expect(await woken()).toContain(conversation.id), { withinMs: 5_000 });
  });

  it('resets times that a machine whose clock is ahead has left in the queue', async () => {
    const now = '(extract(epoch FROM clock_timestamp()) * 1000)::bigint';
    await room.pool.query(
      `INSERT INTO bullmq.meta (queue, field, value) SELECT 'of-a-test', 'stalled-check', ${now} + 3600000`,
    );
    await sweep.run();
    await eventually(async () => {
      const ahead = `SELECT FROM bullmq.meta WHERE queue = 'of-a-test' AND value::bigint > ${now}`;
      expect(await room.rows(ahead)).toEqual([]);
    });
  });

  it('reaches every waiting conversation, however many there are', async () => {
    // More than one pass wakes, and no worker handles them meanwhile.
    await room.pool.query(`
      INSERT INTO conversations (id, channel, chat_id, chat_type)
      SELECT gen_random_uuid(), 'many', n, 'private' FROM generate_series(1, 2050) AS n;
      INSERT INTO events (source, external_id, conversation_id, kind)
      SELECT 'many', chat_id, id, 'command' FROM conversations WHERE channel = 'many'`);
    await eventually(async () => {
      await sweep.run();
      const { waiting = 0, delayed = 0 } = await lanes.queues.commands.getJobCounts('waiting', 'delayed');
      expect(waiting + delayed).toBeGreaterThanOrEqual(2_050);
    });
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import { Metrics } from '../observability/metrics.js';
import { SweepMisses } from './sweep-misses.js';
import { SweepRepository } from './sweep.repository.js';
import { Sweep } from './sweep.service.js';

let room: Room;
let lanes: Lanes;
let sweep: Sweep;

beforeAll(async () => {
  room = await Room.open();
  lanes = await Lanes.open('postgresql', room.url);
  const misses = new SweepMisses(new Metrics());
  sweep = new Sweep(new SweepRepository(room.prisma), lanes.waker, lanes.backend, misses);
});
afterAll(async () => {
  await lanes.close();
  await room.close();
});

describe('The sweep', () => {
  it('comes to all that wait, however many they are', async () => {
    // More than one pass wakes; nothing of them is done meanwhile.
    await room.pool.query(`
      INSERT INTO conversations (id, channel, chat_id, chat_type)
      SELECT gen_random_uuid(), 'many', n, 'private' FROM generate_series(1, 2050) AS n;
      INSERT INTO events (source, external_id, conversation_id, kind)
      SELECT 'many', chat_id::text, id, 'command' FROM conversations`);
    await eventually(async () => {
      await sweep.run();
      const { waiting = 0, delayed = 0 } = await lanes.queues.commands.getJobCounts('waiting', 'delayed');
      expect(waiting + delayed).toBe(2_050);
    });
  });
});

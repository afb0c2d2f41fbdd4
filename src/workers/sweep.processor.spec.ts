import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AccessPolicy } from '../access/access-policy.js';
import { PairingQuestions } from '../access/pairing-questions.js';
import { AgentRoom } from '../../test/support/agent-room.js';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { DatabaseClock } from '../platform/database/database-clock.js';
import type { Conversation } from '../generated/prisma/client.js';
import { Metrics } from '../platform/observability/metrics.js';
import { UnconfirmedEvents } from '../memory/unconfirmed-events.js';
import { DueSchedulesRepository } from '../schedules/firing/due-schedules.repository.js';
import { ScheduleFiring } from '../schedules/firing/schedule-firing.js';
import { BacklogNotices } from './backlog-notices.js';
import { BacklogRepository } from './backlog.repository.js';
import type { LaneName } from '../queue/lanes.js';
import { SweepAdditions } from '../queue/sweep-additions.js';
import { SweepMisses } from './sweep-misses.js';
import { SweepProcessor } from './sweep.processor.js';
import { SweepRepository } from './sweep.repository.js';
import { SweepService } from './sweep.service.js';
import { WorkerEnd } from '../queue/processing/worker-end.js';

let agent: AgentRoom;
let lanes: Lanes;
let metrics: Metrics;
let additions: SweepAdditions;
let sweep: SweepProcessor;
/** Another session, which holds locks. */
let other: Client;

beforeAll(async () => {
  agent = await AgentRoom.open();
  lanes = await Lanes.openAlone('postgresql');
  // Each test's sweep reports to it.
  lanes.queues.turns.setMaxListeners(0);
});
afterAll(async () => {
  await lanes.close();
  await agent.close();
});
beforeEach(async () => {
  await agent.room.pool.query('DELETE FROM conversations');
  metrics = new Metrics();
  additions = new SweepAdditions();
  sweep = newSweep();
  other = new Client({ connectionString: agent.room.url });
  await other.connect();
  await other.query('BEGIN');
});
afterEach(async () => {
  await other.end();
  await lanes.rest();
});

function newSweep(): SweepProcessor {
  const { room, outbox, messages, limits, busy } = agent;
  const { waker, backend, queues } = lanes;
  const misses = new SweepMisses(metrics);
  const due = new DueSchedulesRepository(room.prisma);
  return new SweepProcessor(
    new SweepService(new SweepRepository(room.prisma), waker, backend, misses),
    agent.approvals,
    agent.get(PairingQuestions),
    new ScheduleFiring(room.prisma, due, messages, outbox, agent.get(AccessPolicy)),
    new UnconfirmedEvents(agent.channel, room.conversations),
    new BacklogNotices(new BacklogRepository(room.prisma), agent.notices, waker, queues.turns, limits, busy),
    waker,
    misses,
    additions,
    queues.turns,
    new DatabaseClock(room.prisma),
    new WorkerEnd(backend),
  );
}

/** A conversation with work for each part of the sweep. */
async function withWork(): Promise<Conversation> {
  const { room } = agent;
  const conversation = await room.conversation();
  const { id: conversationId, chatId } = conversation;
  const of = [conversationId];
  await room.event(conversation, 'hello');
  await room.event(conversation, '/help');
  await room.prisma.reply.create({ data: { conversationId, body: {} } });
  await room.prisma.summary.create({ data: { conversationId, epoch: 0, dueAt: new Date(0) } });
  const turnId = room.ids.next();
  await room.prisma.turn.create({ data: { id: turnId, conversationId, epoch: 0, state: 'parked' } });
  const expiresAt = new Date(Date.now() - 1_000);
  const approval = { turnId, stepIndex: 1, conversationId, tool: 't', arguments: '{}', expiresAt };
  await room.prisma.approval.create({ data: { ...approval, id: room.ids.next() } });
  const pairing = { channel: 'telegram', chatId, conversationId, code: chatId, expiresAt };
  await room.prisma.pairing.create({ data: { ...pairing, id: room.ids.next() } });
  const plan = { kind: 'reminder', text: 'Tea', number: 1, nextAt: expiresAt } as const;
  await room.prisma.schedule.create({ data: { ...plan, id: room.ids.next(), conversationId } });
  await room.pool.query(
    'INSERT INTO unconfirmed_events SELECT id FROM events WHERE conversation_id = $1',
    of,
  );
  await room.pool.query(`UPDATE events SET received_at = '-infinity' WHERE conversation_id = $1`, of);
  return conversation;
}

/** Whether each part's work shows. */
const isDone = {
  approvals: async ({ id }: Conversation) =>
    (await agent.room.prisma.approval.count({ where: { conversationId: id, state: 'pending' } })) === 0,
  pairings: async ({ id }: Conversation) =>
    (await agent.room.prisma.pairing.count({ where: { conversationId: id, state: 'pending' } })) === 0,
  schedules: async ({ id }: Conversation) =>
    (await agent.room.prisma.schedule.count({ where: { conversationId: id, state: 'planned' } })) === 0,
  'unconfirmed events': async ({ id }: Conversation) =>
    (
      await agent.room.rows(
        'SELECT FROM unconfirmed_events u JOIN events e ON e.id = u.event_id WHERE e.conversation_id = $1',
        [id],
      )
    ).length === 0,
  'lane turns': (conversation: Conversation) => isWoken('turns', conversation),
  'lane commands': (conversation: Conversation) => isWoken('commands', conversation),
  'lane deliveries': (conversation: Conversation) => isWoken('deliveries', conversation),
  'lane summaries': (conversation: Conversation) => isWoken('summaries', conversation),
} as const;
type Part = keyof typeof isDone;
const parts: readonly Part[] = [
  'approvals',
  'pairings',
  'schedules',
  'unconfirmed events',
  'lane turns',
  'lane commands',
  'lane deliveries',
  'lane summaries',
];

async function isWoken(lane: LaneName, { id }: Conversation): Promise<boolean> {
  const jobs = await lanes.queues[lane].getJobs(['waiting', 'delayed', 'prioritized']);
  return jobs.some(({ data }) => data.conversationId === id);
}

async function expectDone(conversation: Conversation, which: readonly Part[]): Promise<void> {
  // Wake-ups are not awaited.
  await eventually(async () => {
    const undone: Part[] = [];
    for (const part of which) if (!(await isDone[part](conversation))) undone.push(part);
    expect(undone).toEqual([]);
  });
}

/** The parts that passes left out, with the reasons. */
async function misses(): Promise<string[]> {
  const text = await metrics.text();
  return [...text.matchAll(/missed_total\{part="(.*)",code="(.*)"\}/g)].map(
    ([, part, code]) => `${part} ${code}`,
  );
}

describe('The sweep', () => {
  // A query of a locked table waits as long as the lock.
  it.each<[table: string, late: readonly Part[], without: readonly Part[]]>([
    ['events', ['unconfirmed events', 'lane turns', 'lane commands'], []],
    ['unconfirmed_events', ['unconfirmed events'], []],
    // An expiry is notified, and a reminder is a reply: these fail, and are left to the next pass.
    ['replies', ['lane deliveries'], ['approvals', 'pairings', 'schedules']],
    ['summaries', ['lane summaries'], []],
    ['approvals', ['approvals'], []],
    ['pairings', ['pairings'], []],
    ['schedules', ['schedules'], []],
  ])('does everything else while %s is locked, and reports it', async (table, late, without) => {
    const conversation = await withWork();
    await other.query(`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`);
    await sweep.process();
    await expectDone(
      conversation,
      parts.filter((part) => ![...late, ...without].includes(part)),
    );
    expect(await misses()).toEqual(expect.arrayContaining(late.map((part) => `${part} SWEEP_PART_LATE`)));
    await other.query('ROLLBACK');
    await eventually(() => sweep.process().then(() => expectDone(conversation, parts)));
  });

  it('leaves out a part that stalls until it ends, and no other', async () => {
    await other.query('LOCK TABLE summaries IN ACCESS EXCLUSIVE MODE');
    await sweep.process();
    const conversation = await agent.room.conversation();
    await agent.room.event(conversation, 'hello');
    await sweep.process();
    await expectDone(conversation, ['lane turns']);
    expect(await misses()).toContain('lane summaries SWEEP_PART_STILL_RUNNING');
  });

  it('runs parts that rooms above the queue have added, each on its own', async () => {
    const ran: string[] = [];
    additions.add('failing', () => Promise.reject(new Error('no')));
    additions.add('added', () => Promise.resolve(ran.push('added')));
    await sweep.process();
    await sweep.process();
    expect(ran).toEqual(['added', 'added']);
    expect(await misses()).toEqual(['failing SWEEP_PART_FAILED']);
  });

  it('notifies chats that wait for a worker how long that may take', async () => {
    const { room } = agent;
    const long = { startedAt: new Date(Date.now() - 600_000), finishedAt: new Date() };
    const { id: served } = await room.conversation();
    await room.prisma.turn.create({
      data: { ...long, id: room.ids.next(), conversationId: served, epoch: 0, state: 'done' },
    });
    const { id: conversationId, chatId } = await room.conversation();
    await room.event({ id: conversationId, chatId }, 'hello', { receivedAt: long.startedAt });
    lanes.waker.wake('turns', conversationId);
    await eventually(async () => expect(await lanes.queues.turns.getWaitingCount()).toBe(1));
    await sweep.process();
    await eventually(async () =>
      expect(await room.prisma.waitNotice.count({ where: { conversationId } })).toBe(1),
    );
  });

  it.each([
    ['conversations', 'SELECT FROM conversations WHERE id = $1 FOR UPDATE'],
    ['leases', 'SELECT FROM leases WHERE conversation_id = $1 FOR UPDATE'],
    ['turns', 'SELECT FROM turns WHERE conversation_id = $1 FOR UPDATE'],
    ['approvals', 'SELECT FROM approvals WHERE conversation_id = $1 FOR UPDATE'],
    ['pairings', 'SELECT FROM pairings WHERE conversation_id = $1 FOR UPDATE'],
    ['schedules', 'SELECT FROM schedules WHERE conversation_id = $1 FOR UPDATE'],
    ['events', 'SELECT FROM events WHERE conversation_id = $1 FOR UPDATE'],
    ['replies', 'SELECT FROM replies WHERE conversation_id = $1 FOR UPDATE'],
  ])('skips a conversation whose %s is locked', async (_table, lock) => {
    const locked = await withWork();
    const free = await withWork();
    await other.query(lock, [locked.id]);
    await sweep.process();
    await expectDone(free, parts);
    await other.query('ROLLBACK');
    await sweep.process();
    await expectDone(locked, parts);
  });

  it('ends overdue work even if any number of older rows are locked', async () => {
    const { room } = agent;
    const locked = await room.conversation();
    const of = [locked.id];
    await room.pool.query(
      `WITH parked AS (
         INSERT INTO turns (id, conversation_id, epoch, state)
         SELECT gen_random_uuid(), $1, 0, 'parked' FROM generate_series(1, 150) RETURNING id)
       INSERT INTO approvals (id, turn_id, step_index, conversation_id, tool, arguments, expires_at)
       SELECT gen_random_uuid(), id, 1, $1, 't', '{}', '2020-01-01' FROM parked`,
      of,
    );
    await room.pool.query(
      `INSERT INTO pairings (id, channel, chat_id, conversation_id, code, expires_at)
       SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, 'telegram', -n, $1, n::text, '2020-01-01'
       FROM generate_series(1, 150) AS n`,
      of,
    );
    const free = await withWork();
    await other.query('SELECT FROM conversations WHERE id = $1 FOR UPDATE', of);
    await sweep.process();
    await expectDone(free, parts);
  });

  it('does the parts that rooms add after its first pass, as while the application starts', async () => {
    const ran: string[] = [];
    await sweep.process();
    for (const name of ['one', 'other']) additions.add(name, () => Promise.resolve(ran.push(name)));
    await sweep.process();
    expect(ran).toEqual(['one', 'other']);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planOf } from '../../test/support/query-plan.js';
import { Room } from '../../test/support/room.js';
import type { Conversation, ConversationStatus, Prisma } from '../generated/prisma/client.js';
import { type LaneName, lanes } from '../queue/lanes.js';
import { dueWorkStatement, SweepRepository } from './sweep.repository.js';
import { waitingWorkStatement } from '../queue/waiting-work.repository.js';

const FIRST = '00000000-0000-0000-0000-000000000000';
let room: Room;
let sweep: SweepRepository;

/** 5,000 conversations with 200,000 finished events, and as many turns and replies as a busy month leaves. */
beforeAll(async () => {
  room = await Room.open();
  sweep = new SweepRepository(room.prisma);
  await room.pool.query(`
    INSERT INTO conversations (id, channel, chat_id, chat_type)
    SELECT gen_random_uuid(), 'filler', n, 'private' FROM generate_series(1, 5000) AS n;
    INSERT INTO events (source, external_id, conversation_id, kind, state)
    SELECT 'filler', c.chat_id || ':' || n, c.id, 'message', 'done'
    FROM conversations c, generate_series(1, 40) AS n WHERE c.channel = 'filler';
    INSERT INTO turns (id, conversation_id, epoch, state)
    SELECT gen_random_uuid(), c.id, 0, 'done' FROM conversations c, generate_series(1, 5) WHERE c.channel = 'filler';
    INSERT INTO replies (conversation_id, body, state, settled_at)
    SELECT c.id, '{}', 'sent', now() FROM conversations c, generate_series(1, 5) WHERE c.channel = 'filler';
    INSERT INTO summaries (conversation_id, epoch, text) SELECT id, 0, 'notes' FROM conversations;
    INSERT INTO leases (conversation_id, lane, token, expires_at)
    SELECT c.id, lane, 1, '-infinity' FROM conversations c, unnest(enum_range(NULL::lane)) AS lane;
    ANALYZE`);
});
afterAll(() => room.close());

const due = async (lane: LaneName) => await sweep.due(lane, FIRST, 2_000);
const isDue = async (lane: LaneName, { id }: Conversation) => (await due(lane)).includes(id);
const aMomentAgo = new Date(Date.now() - 1_000);
const inAnHour = new Date(Date.now() + 3_600_000);

async function withTurn(change: Partial<Prisma.TurnUncheckedCreateInput>): Promise<Conversation> {
  const conversation = await room.conversation();
  await room.prisma.turn.create({
    data: { id: room.ids.next(), conversationId: conversation.id, epoch: 0, state: 'running', ...change },
  });
  return conversation;
}

async function withReply(change: Partial<Prisma.ReplyUncheckedCreateInput> = {}): Promise<Conversation> {
  const conversation = await room.conversation();
  await room.prisma.reply.create({ data: { conversationId: conversation.id, body: {}, ...change } });
  return conversation;
}

async function withSummary(
  change: Partial<Prisma.SummaryUncheckedCreateInput>,
  status: ConversationStatus = 'active',
): Promise<Conversation> {
  const conversation = await room.conversation({ status });
  await room.prisma.summary.create({ data: { conversationId: conversation.id, epoch: 0, ...change } });
  return conversation;
}

async function isCheap(statement: Prisma.Sql): Promise<void> {
  const { text, pages } = await planOf(room.prisma, statement);
  const scans = text.split('\n').filter((line) => line.includes(' Scan'));
  expect(scans.length).toBeGreaterThan(0);
  // Late edits are in a table of their own, which holds nothing else.
  const cheap = /Index (Only )?Scan|Bitmap Heap Scan|Subquery Scan|Seq Scan on late_edits/;
  for (const scan of scans) expect(scan).toMatch(cheap);
  expect(pages, text).toBeGreaterThan(0);
  expect(pages, text).toBeLessThan(20);
}

describe('SweepRepository', () => {
  it.each(lanes)(
    'costs little while no work is due: index scans of unfinished rows, a handful of pages: %s',
    async (lane) => {
      expect(await due(lane)).toEqual([]);
      await isCheap(dueWorkStatement(lane, FIRST, 2_000));
    },
  );

  it('serves the metrics as cheaply', () => isCheap(waitingWorkStatement()));

  it('finds waiting messages, commands and replies, each for its lane', async () => {
    const message = await room.conversation();
    await room.event(message, 'hello');
    const command = await room.conversation();
    await room.event(command, '/help');
    const reply = await withReply();
    expect([
      await isDue('turns', message),
      await isDue('turns', command),
      await isDue('turns', reply),
    ]).toEqual([true, false, false]);
    expect([await isDue('commands', message), await isDue('commands', command)]).toEqual([false, true]);
    expect([await isDue('deliveries', message), await isDue('deliveries', reply)]).toEqual([false, true]);
  });

  it('leaves webhooks, which are in no conversation, to their routing', async () => {
    const webhook = { source: 'webhook:shop', kind: 'webhook' as const };
    await room.prisma.event.create({ data: { ...webhook, externalId: '1' } });
    for (const lane of lanes)
      expect(await room.prisma.$queryRaw(dueWorkStatement(lane, FIRST, 2_000))).not.toContainEqual({
        id: null,
      });
    await room.prisma.event.deleteMany({ where: webhook });
  });

  it('finds a turn left by a dead worker once its lease has expired, and one that was never leased', async () => {
    const dead = await withTurn({});
    await room.lease(dead.id);
    expect(await isDue('turns', dead)).toBe(false);
    await room.expire(dead.id);
    expect(await isDue('turns', dead)).toBe(true);
    expect(await isDue('turns', await withTurn({ state: 'waiting' }))).toBe(true);
  });

  it('skips work that is active, deferred, paused or over', async () => {
    const atWork = await room.conversation();
    await room.event(atWork, 'hello');
    await room.lease(atWork.id);
    const paused = await room.conversation({ status: 'paused' });
    await room.event(paused, 'hello');
    for (const conversation of [
      atWork,
      paused,
      await withTurn({ deferredAt: aMomentAgo, availableAt: inAnHour }),
      await withTurn({ state: 'done' }),
      await withTurn({ state: 'failed' }),
      await withTurn({ state: 'cancelled' }),
    ]) {
      expect(await isDue('turns', conversation)).toBe(false);
    }
    const sending = await withReply();
    await room.lease(sending.id, 'deliveries');
    for (const conversation of [
      sending,
      await withReply({ deferredAt: aMomentAgo, availableAt: inAnHour }),
      await withReply({ state: 'sent', settledAt: new Date() }),
    ]) {
      expect(await isDue('deliveries', conversation)).toBe(false);
    }
  });

  it('finds a text to be confirmed as soon as it is due', async () => {
    const sent = { state: 'sent', settledAt: new Date(), channelMessageId: '7' } as const;
    const doubtful = async (change: Partial<Prisma.ReplyUncheckedCreateInput>, confirmAt: Date) => {
      const conversation = await withReply({ ...sent, ...change });
      const key = { conversationId: conversation.id, channelMessageId: '7' };
      await room.prisma.lateEdit.create({ data: { ...key, confirmAt, until: inAnHour } });
      return conversation;
    };
    const due = await doubtful({}, new Date(0));
    expect(await isDue('deliveries', due)).toBe(true);
    expect(await isDue('deliveries', await doubtful({}, inAnHour))).toBe(false);
    expect(await isDue('deliveries', await doubtful({ channelMessageId: '8' }, new Date(0)))).toBe(false);
    await room.lease(due.id, 'deliveries');
    expect(await isDue('deliveries', due)).toBe(false);
  });

  it('finds a reply whose sender died, and deferred replies once their pause is over', async () => {
    const sending = await withReply({ state: 'sending' });
    await room.lease(sending.id, 'deliveries');
    await room.expire(sending.id);
    expect(await isDue('deliveries', sending)).toBe(true);
    const uncertain = await withReply({ state: 'uncertain', availableAt: inAnHour });
    await room.pool.query('UPDATE replies SET available_at = now() WHERE conversation_id = $1', [
      uncertain.id,
    ]);
    expect(await isDue('deliveries', uncertain)).toBe(true);
  });

  it('finds a due summary of an open conversation whose lane is idle', async () => {
    const now = new Date();
    expect(await isDue('summaries', await withSummary({ dueAt: now }))).toBe(true);
    for (const conversation of [
      await withSummary({ dueAt: null, text: 'notes' }),
      await withSummary({ deferredAt: aMomentAgo, dueAt: inAnHour, attempts: 1 }),
      await withSummary({ dueAt: now }, 'paused'),
      await withSummary({ dueAt: now }, 'blocked'),
    ]) {
      expect(await isDue('summaries', conversation)).toBe(false);
    }
    const atWork = await withSummary({ dueAt: now });
    await room.lease(atWork.id, 'summaries');
    expect(await isDue('summaries', atWork)).toBe(false);
    await room.expire(atWork.id);
    expect(await isDue('summaries', atWork)).toBe(true);
  });

  it('finds the same work when the database’s clock is set back, or right again, by an hour', async () => {
    const [hourAhead, before] = [{ availableAt: inAnHour }, new Date(inAnHour.getTime() - 1_000)];
    const written = await room.conversation();
    await room.event(written, 'hello', { receivedAt: inAnHour });
    const turns = [written, await withTurn(hourAhead), await withTurn({ ...hourAhead, deferredAt: before })];
    const replies = [await withReply(hourAhead), await withReply({ ...hourAhead, deferredAt: before })];
    const summaries = [
      await withSummary({ dueAt: inAnHour }),
      await withSummary({ dueAt: inAnHour, deferredAt: before }),
    ];
    for (const [lane, conversations] of [
      ['turns', turns],
      ['deliveries', replies],
      ['summaries', summaries],
    ] as const) {
      for (const conversation of conversations) {
        expect(await isDue(lane, conversation), lane).toBe(true);
        // A worker claimed it before the clock was set back, and died.
        await room.lease(conversation.id, lane);
        expect(await isDue(lane, conversation), lane).toBe(false);
        await room.pool.query(
          `UPDATE leases SET expires_at = expires_at + interval '1 h' WHERE conversation_id = $1`,
          [conversation.id],
        );
        expect(await isDue(lane, conversation), lane).toBe(true);
      }
    }
  });

  it('skips a conversation whose lease never ends: it is being erased', async () => {
    const conversation = await withReply();
    await room.lease(conversation.id, 'deliveries');
    await room.pool.query(`UPDATE leases SET expires_at = 'infinity' WHERE conversation_id = $1`, [
      conversation.id,
    ]);
    expect(await isDue('deliveries', conversation)).toBe(false);
  });

  it('finds a paused conversation again as soon as it is resumed', async () => {
    const conversation = await room.conversation({ status: 'paused' });
    await room.event(conversation, 'hello');
    await room.prisma.conversation.update({ where: { id: conversation.id }, data: { status: 'active' } });
    expect(await isDue('turns', conversation)).toBe(true);
  });

  it('pages through many in the order of their ids, each once', async () => {
    await room.pool.query(`
      UPDATE events SET state = 'waiting'
      WHERE id IN (SELECT max(id) FROM events WHERE source = 'filler' GROUP BY conversation_id)`);
    const found: string[] = [];
    for (let after = FIRST; ;) {
      const page = await sweep.due('turns', after, 2_000);
      found.push(...page);
      const last = page.at(-1);
      if (last === undefined) break;
      after = last;
    }
    expect(found.length).toBeGreaterThanOrEqual(5_000);
    expect(new Set(found).size).toBe(found.length);
    expect(found).toEqual(found.toSorted());
    await room.pool.query(`UPDATE events SET state = 'done' WHERE source = 'filler'`);
  });
});

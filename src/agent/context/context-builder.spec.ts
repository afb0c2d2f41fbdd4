import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { requestMessages } from './turn-request.js';

/** Rows of one request, and rows that the planner reads at the ends of an index if autovacuum is behind. */
const A_FEW_PAGES = 1_000;

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open({
    settings: { contextTokens: 2_000, systemPrompt: 'You are the help desk.' },
  });
});
afterAll(() => agent.close());

async function talkOf(messages: number): Promise<Conversation> {
  const conversation = await agent.room.conversation({ epoch: 1 });
  await addTalk(conversation, messages);
  return conversation;
}

/** Messages of the conversation's epoch. */
async function addTalk({ id, epoch }: Conversation, messages: number): Promise<void> {
  await agent.room.pool.query(
    `INSERT INTO messages (conversation_id, epoch, role, text)
     SELECT $1, $2, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END::message_role, 'message number ' || n
     FROM generate_series(1, $3) AS n`,
    [id, epoch, messages],
  );
}

/** Builds the context, and counts the message rows read for it. */
async function build(conversation: Conversation) {
  const { turn, lease } = await agent.begin(conversation, 'the news');
  const before = await rowsRead();
  const context = await agent.context.build(
    {
      lease,
      conversation,
      turn,
      sender: null,
      past: null,
      signal: new AbortController().signal,
    },
    await agent.messages.ofTurn(turn),
  );
  const shown = requestMessages(context, [], []);
  const rows = (await rowsRead()) - before;
  await agent.room.leases.release(lease);
  return { rows, shown: shown.map(({ content }) => (typeof content === 'string' ? content : '')) };
}

async function rowsRead(): Promise<number> {
  // Counters are kept by connection; each connection of the pool is made to report.
  const connections = await Promise.all(Array.from({ length: 10 }, () => agent.room.pool.connect()));
  for (const connection of connections) await connection.query('SELECT pg_stat_force_next_flush()');
  for (const connection of connections) connection.release();
  const [row] = await agent.room.rows<{ read: number }>(
    `SELECT (idx_tup_fetch + seq_tup_read)::int AS read FROM pg_stat_user_tables WHERE relname = 'messages'`,
  );
  return row?.read ?? Number.NaN;
}

describe('ContextBuilder', () => {
  it('begins with the system prompt, then history, then the new message', async () => {
    const { shown } = await build(await talkOf(1));
    expect(shown[0]).toContain('You are the help desk.');
    expect(shown.slice(1)).toEqual(['message number 1', 'the news']);
  });

  it('keeps the newest messages that fit the budget, in order, and always the last one', async () => {
    const { shown } = await build(await talkOf(5_000));
    expect(shown.at(-1)).toBe('the news');
    const numbers = shown.slice(1, -1).map((text) => Number(text.replace('message number ', '')));
    expect(numbers.length).toBeGreaterThan(20);
    expect(numbers.length).toBeLessThan(400);
    expect(numbers).toEqual(numbers.map((_, index) => 5_000 - numbers.length + 1 + index));
    const tokens = shown.slice(1).reduce((sum, text) => sum + agent.tokens.count(text), 0);
    expect(tokens).toBeLessThanOrEqual(2_000);
  });

  it('reads as few rows of 100,000 messages as of 100, with a summary and without', async () => {
    const few = await talkOf(100);
    const many = await talkOf(100_000);
    const summed = await talkOf(100_000);
    const [tail] = await agent.room.rows<{ id: bigint }>(
      'SELECT id FROM messages WHERE conversation_id = $1 ORDER BY id DESC OFFSET 60 LIMIT 1',
      [summed.id],
    );
    await agent.room.prisma.summary.create({
      data: {
        conversationId: summed.id,
        epoch: 1,
        text: 'They counted.',
        coversUntil: tail?.id ?? 0n,
        tokens: 3,
      },
    });
    await agent.room.pool.query('ANALYZE messages');
    const short = await build(few);
    const long = await build(many);
    const summarised = await build(summed);
    expect(short.shown).toHaveLength(102);
    expect(short.rows).toBeLessThan(A_FEW_PAGES);
    expect(long.rows).toBeLessThan(A_FEW_PAGES);
    expect(summarised.shown[0]).toContain('They counted.');
    expect(summarised.shown).toHaveLength(62);
    expect(summarised.rows).toBeLessThan(A_FEW_PAGES);
  });

  it('shows nothing of an earlier epoch', async () => {
    const conversation = await talkOf(20);
    await agent.room.prisma.conversation.update({ where: { id: conversation.id }, data: { epoch: 2 } });
    const { shown } = await build({ ...conversation, epoch: 2 });
    expect(shown.slice(1)).toEqual(['the news']);
  });

  it('shows nothing of an earlier epoch behind a page of its own', async () => {
    const former = await talkOf(20);
    const conversation = { ...former, epoch: 2 };
    await agent.room.prisma.conversation.update({ where: { id: former.id }, data: { epoch: 2 } });
    await addTalk(conversation, 45);
    const { shown } = await build(conversation);
    expect(shown.slice(1)).toHaveLength(45 + 1);
  });

  it('shows the facts, the newest within a quarter of the budget', async () => {
    const conversation = await talkOf(0);
    await agent.room.prisma.fact.createMany({
      data: Array.from({ length: 100 }, (_, index) => ({
        conversationId: conversation.id,
        text: `fact ${index} ${'word '.repeat(15)}`,
      })),
    });
    const { shown } = await build(conversation);
    expect(shown[0]).toContain('fact 99 ');
    expect(shown[0]).not.toContain('fact 0 ');
    expect(agent.tokens.count(shown[0] ?? '')).toBeLessThan(800);
  });
});

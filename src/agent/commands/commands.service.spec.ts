import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import type { Conversation } from '../../generated/prisma/client.js';

const allowed = 4_242;
let agent: AgentRoom;
let conversation: Conversation;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());
beforeEach(async () => {
  conversation = await agent.room.conversation();
});

const handle = async (by = agent, of = conversation) =>
  (await by.commands.handleWaiting(of.id, null)).replied;
const said = async () =>
  (
    await agent.room.prisma.reply.findMany({
      where: { conversationId: conversation.id },
      orderBy: { id: 'asc' },
    })
  ).map(({ body }) => JSON.stringify(body));
/** As the lane "deliveries" does: an unsent answer counts against the next ones. */
const sendAll = () =>
  agent.room.pool.query(`UPDATE replies SET state = 'sent', settled_at = now() WHERE settled_at IS NULL`);
const epoch = async () => (await agent.room.conversations.find(conversation.id))?.epoch;

describe('Commands', () => {
  it('answers each in the order of arrival, and leaves messages alone', async () => {
    for (const text of ['/start', 'hello', '/help', '/reset', '/unheard_of'])
      await agent.room.event(conversation, text);
    expect(await handle()).toBe(true);
    const replies = await said();
    expect(replies).toHaveLength(4);
    for (const [index, words] of [
      'Hello',
      'What you can type',
      'new beginning',
      'What you can type',
    ].entries()) {
      expect(replies[index]).toContain(words);
    }
    const events = await agent.room.prisma.event.findMany({
      where: { conversationId: conversation.id },
      orderBy: { id: 'asc' },
    });
    expect(events.map(({ state }) => state)).toEqual(['done', 'waiting', 'done', 'done', 'done']);
    expect(await handle()).toBe(false);
  });

  it('lists at /memory the facts, numbered, and the summary since the last /reset', async () => {
    const { id: conversationId } = conversation;
    await agent.room.event(conversation, '/memory');
    await handle();
    await agent.room.prisma.fact.createMany({
      data: ['likes tea', 'has a\n1. dog'].map((text) => ({ conversationId, text })),
    });
    await agent.room.prisma.summary.create({ data: { conversationId, epoch: 0, text: 'We spoke of Oslo.' } });
    await agent.room.event(conversation, '/memory');
    await agent.room.event(conversation, '/reset');
    await agent.room.event(conversation, '/memory');
    await handle();
    const [nothing, all, , after] = await said();
    expect(nothing).toContain('Nothing so far.');
    expect(nothing).toContain('There is no summary yet.');
    expect(all).toMatch(/1\. likes tea.*2\. has a 1\. dog.*We spoke of Oslo\./);
    expect(after).toContain('likes tea');
    expect(after).not.toContain('Oslo');
    expect(agent.model.calls).toEqual([]);
  });

  it('gives each command one effect when both lanes handle it at once', async () => {
    for (let round = 1; round <= 10; round += 1) {
      await agent.room.event(conversation, '/reset');
      await agent.room.event(conversation, '/reset');
      await Promise.all([handle(), handle(), handle()]);
      expect(await epoch()).toBe(2 * round);
      await sendAll();
    }
    expect(await said()).toHaveLength(20);
  });

  it('shows the asker their own usage and the chat’s', async () => {
    const key = `telegram:${conversation.chatId}`;
    await agent.room.pool.query(
      `INSERT INTO budget_days (day, scope, key, spent_tokens, spent_micro_usd)
       SELECT (now() AT TIME ZONE 'UTC')::date - back, scope, $1, 1000 + back, 2000000
       FROM unnest(ARRAY[0, 40]) AS back, unnest(ARRAY['user', 'chat']::budget_scope[]) AS scope`,
      [key],
    );
    await agent.room.event(conversation, '/usage');
    expect(await handle()).toBe(true);
    const [reply] = await said();
    expect(reply).toContain('today: 1,000 tokens, $2.00');
    expect(reply).toContain('this month: 1,000 tokens, $2.00');
    expect(reply).not.toContain('left');
  });

  it('keeps a failed command waiting: its effect and its reply commit together or not at all', async () => {
    await agent.room.event(conversation, '/reset');
    await agent.room.pool.query('ALTER TABLE replies RENAME TO replies_away');
    const outcome = await agent.commands.handleWaiting(conversation.id, null);
    await agent.room.pool.query('ALTER TABLE replies_away RENAME TO replies');
    expect(outcome).toMatchObject({ replied: false, heldUpMs: expect.any(Number) });
    expect(outcome.heldUpMs).toBeGreaterThan(0);
    expect(await epoch()).toBe(0);
    await agent.room.pool.query('UPDATE event_failures SET available_at = deferred_at');
    expect(await handle()).toBe(true);
    expect(await epoch()).toBe(1);
  });

  it('refuses a stranger once, politely, whatever they write, and serves a listed sender', async () => {
    const closed = await AgentRoom.open({ telegram: { allowedChats: [String(allowed)] } });
    try {
      const { room } = closed;
      const stranger = await room.conversation();
      for (const text of ['hello', '/reset', '/start']) await room.event(stranger, text, { kind: 'command' });
      expect(await handle(closed, stranger)).toBe(true);
      await room.event(stranger, 'hello again', { kind: 'command' });
      expect(await handle(closed, stranger)).toBe(false);
      const replies = await room.prisma.reply.findMany({ where: { conversationId: stranger.id } });
      expect(replies.map(({ body }) => JSON.stringify(body))).toEqual([expect.stringContaining('private')]);
      expect((await room.conversations.find(stranger.id))?.epoch).toBe(0);
      const friend = await room.conversation({ chatId: String(allowed) });
      await room.event(friend, '/help');
      expect(await handle(closed, friend)).toBe(true);
    } finally {
      await closed.close();
    }
  });
});

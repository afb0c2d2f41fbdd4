import { randomUUID } from 'node:crypto';
import type { PoolClient } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import type { Conversation } from '../../generated/prisma/client.js';

let agent: AgentRoom;
let conversation: Conversation;
/** Another transaction, of a commit for a turn, or of an erasure. */
let other: PoolClient;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());
beforeEach(async () => {
  conversation = await agent.room.conversation();
  other = await agent.room.pool.connect();
  await other.query('BEGIN');
});
afterEach(async () => {
  await other.query('ROLLBACK');
  other.release();
});

/** The other transaction reaches the row, which no transaction has locked that waits for it. */
async function lockBehind(table: 'events' | 'turns', id: bigint | string): Promise<void> {
  await agent.room.somebodyWaitsForALock();
  await other.query(`SELECT 1 FROM ${table} WHERE id = $1 FOR UPDATE NOWAIT`, [id]);
  await other.query('COMMIT');
}

describe('The order of locks', () => {
  it.each(['/stop', '/help'])('of %s is the lease first, then its event', async (command) => {
    const { room } = agent;
    const { id } = conversation;
    await room.lease(id);
    const event = await room.event(conversation, command);
    await other.query(`SELECT 1 FROM leases WHERE conversation_id = $1 FOR UPDATE`, [id]);
    const handling = agent.commands.handleWaiting(id, null);
    await lockBehind('events', event);
    expect(await handling).toMatchObject({ replied: true });
  });

  it('of a command is the conversation before its event, if no turn has ever run', async () => {
    const event = await agent.room.event(conversation, '/help');
    await other.query('SELECT 1 FROM conversations WHERE id = $1 FOR UPDATE', [conversation.id]);
    const handling = agent.commands.handleWaiting(conversation.id, null);
    await lockBehind('events', event);
    expect(await handling).toMatchObject({ replied: true });
  });

  it('of a decision is the conversations before the turn: its own, and those with its question', async () => {
    const { room } = agent;
    const asked = await room.conversation();
    for (const locked of [conversation, asked]) {
      const turnId = randomUUID();
      const conversationId = conversation.id;
      await room.prisma.turn.create({ data: { id: turnId, conversationId, epoch: 0, state: 'parked' } });
      const call = { turnId, stepIndex: 1, conversationId, tool: 'pay', arguments: '{}' };
      const expiresAt = new Date(Date.now() + 3_600_000);
      const { id: approvalId } = await room.prisma.approval.create({
        data: { ...call, id: randomUUID(), expiresAt },
      });
      await room.prisma.reply.create({
        data: {
          conversationId: asked.id,
          questionId: approvalId,
          body: {},
          channelMessageId: '1',
          settledAt: new Date(),
        },
      });
      await other.query('BEGIN');
      await other.query('SELECT 1 FROM conversations WHERE id = $1 FOR UPDATE', [locked.id]);
      const deciding = agent.approvals.decideAsOperator(approvalId, 'approved', null);
      await lockBehind('turns', turnId);
      expect(await deciding).toBe(conversationId);
    }
  });
});

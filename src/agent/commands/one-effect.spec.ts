import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { eventually } from '../../../test/support/eventually.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

describe('A command that two lanes have found', () => {
  it('has one effect: the second lane finds it done', async () => {
    const { room, commands } = agent;
    const conversation = await room.conversation();
    await room.leases.release(await room.lease(conversation.id));
    await room.event(conversation, '/help');
    const both = await room.prisma.$transaction(async (tx) => {
      await room.leases.lock(tx, conversation.id, 'turns');
      const handling = [1, 2].map(() => commands.handleWaiting(conversation.id, null));
      await eventually(async () => {
        const waiting = await room.rows(
          `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
        );
        if (waiting.length < 2) throw new Error('not both wait');
      });
      return { handling };
    });
    await Promise.all(both.handling);
    expect(await room.prisma.reply.count({ where: { conversationId: conversation.id } })).toBe(1);
  });
});

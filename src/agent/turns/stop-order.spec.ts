import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { LeaseLostError } from '../../platform/errors/errors.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

describe('/stop, from a lane that does not hold the turn', () => {
  it('keeps the runner of the turn from answering', async () => {
    const conversation = await agent.room.conversation();
    const { lease, turn } = await agent.begin(conversation, 'hello');
    await agent.room.event(conversation, '/stop');
    await agent.commands.handleWaiting(conversation.id, null);
    const end = { text: 'too late', model: null, errorCode: null };
    await expect(agent.completion.finish(lease, turn, end)).rejects.toBeInstanceOf(LeaseLostError);
    const { state } = await agent.room.prisma.turn.findUniqueOrThrow({ where: { id: turn.id } });
    expect(state).toBe('cancelled');
  });

  it('drops earlier waiting messages, and no later ones', async () => {
    const conversation = await agent.room.conversation();
    await agent.room.event(conversation, 'before');
    await agent.room.event(conversation, '/stop');
    await agent.room.event(conversation, 'after');
    await agent.commands.handleWaiting(conversation.id, null);
    const events = await agent.room.prisma.event.findMany({
      where: { conversationId: conversation.id },
      orderBy: { id: 'asc' },
    });
    expect(events.map(({ state }) => state)).toEqual(['dropped', 'done', 'waiting']);
  });
});

describe('An operator’s stop', () => {
  it('comes too late for an ended turn, and changes nothing', async () => {
    const conversation = await agent.room.conversation();
    const { lease, turn } = await agent.begin(conversation, 'hello');
    await agent.completion.finish(lease, turn, { text: 'done', model: null, errorCode: null });
    const cancelling = agent.room.prisma.$transaction((tx) => agent.turnStop.cancelTurn(tx, turn.id));
    expect(await cancelling).toEqual({ kind: 'ended', state: 'done' });
    expect(await agent.room.prisma.turn.findUnique({ where: { id: turn.id } })).toMatchObject({
      state: 'done',
    });
    expect(await agent.room.prisma.reply.count({ where: { turnId: turn.id } })).toBe(1);
  });
});

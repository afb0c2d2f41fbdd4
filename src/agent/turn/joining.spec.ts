import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { EventReader } from './event-reader.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

const stateOf = async (id: bigint) =>
  (await agent.room.prisma.event.findUniqueOrThrow({ where: { id } })).state;

describe('A turn that runs', () => {
  it('lets no message behind a /reset into a turn from before it', async () => {
    const conversation = await agent.room.conversation();
    const { lease, turn } = await agent.begin(conversation, 'hello');
    const resetId = await agent.room.event(conversation, '/reset');
    await agent.commands.handleWaiting(conversation.id, lease);
    const behind = await agent.room.event(conversation, 'something new');
    expect(behind > resetId).toBe(true);
    const now = (await agent.room.conversations.find(conversation.id)) ?? conversation;
    expect(await agent.claim.join(lease, now, turn, 1)).toEqual([]);
    expect(await stateOf(behind)).toBe('waiting');
  });

  it('lets in what waits in its epoch, in order', async () => {
    const conversation = await agent.room.conversation();
    const { lease, turn } = await agent.begin(conversation, 'hello');
    const ids = [await agent.room.event(conversation, 'one'), await agent.room.event(conversation, 'two')];
    const joined = await agent.claim.join(lease, conversation, turn, 1);
    expect(joined.map(({ text, stepIndex }) => [text, stepIndex])).toEqual([
      ['one', 1],
      ['two', 1],
    ]);
    expect(await Promise.all(ids.map(stateOf))).toEqual(['claimed', 'claimed']);
  });

  it('leaves alone what another turn has claimed since it was read', async () => {
    const conversation = await agent.room.conversation();
    const { lease, turn } = await agent.begin(conversation, 'hello');
    const id = await agent.room.event(conversation, 'taken');
    const reader = new EventReader(agent.channel);
    const waiting = await agent.turns.waiting(conversation.id, 10);
    const candidates = waiting.map((event) => ({ event, heard: reader.read(event) }));
    await agent.room.prisma.event.update({ where: { id }, data: { state: 'done' } });
    expect(await agent.turns.join(lease, conversation, turn, candidates, 1)).toEqual([]);
    expect(await stateOf(id)).toBe('done');
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { eventually } from '../../../../test/support/eventually.js';
import { LeaseLostError } from '../../../platform/errors/errors.js';
import { TurnWatch } from './turn-watch.js';
import { TurnWatchRepository } from './turn-watch.repository.js';

let agent: AgentRoom;
let watch: TurnWatch;

beforeAll(async () => {
  agent = await AgentRoom.open();
  watch = new TurnWatch(new TurnWatchRepository(agent.room.prisma), agent.busy);
});
afterAll(async () => {
  watch.onModuleDestroy();
  await agent.close();
});

describe('TurnWatch', () => {
  it('notifies a runner whose lease was taken away', async () => {
    const [conversation, other] = [await agent.room.conversation(), await agent.room.conversation()];
    const taken = await agent.begin(conversation, 'hello');
    const left = await agent.begin(other, 'hello');
    const [watched, beside] = [taken, left].map(({ lease, turn }) =>
      watch.begin(lease, turn.id, () => Promise.resolve({ kind: 'none' })),
    );
    if (!watched || !beside) throw new Error('two turns are watched');
    await agent.room.prisma.$transaction((tx) => agent.room.leases.revoke(tx, conversation.id, 'turns'));
    await eventually(() => {
      if (!watched.signal.aborted) throw new Error('not told');
    });
    expect(watched.signal.reason).toBeInstanceOf(LeaseLostError);
    expect(beside.signal.aborted).toBe(false);
    await watched.end();
    await beside.end();
  });
});

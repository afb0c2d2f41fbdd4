import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import type { Turn } from '../../generated/prisma/client.js';

let agent: AgentRoom;
let turn: Turn;
let ids: readonly string[];

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());

/** A turn that waits for a person's decision about two calls. */
beforeEach(async () => {
  const conversation = await agent.room.conversation();
  const begun = await agent.begin(conversation, 'hello');
  turn = begun.turn;
  const about = { tool: 'a_tool', arguments: '{}', askedBy: null, why: 'rule' as const };
  const calls = [1, 2].map((stepIndex) => ({ ...about, stepIndex }));
  await agent.approvals.ask(begun.lease, conversation, turn, calls, null);
  const approvals = await agent.room.prisma.approval.findMany({ where: { turnId: turn.id } });
  ids = approvals.map(({ id }) => id);
});

const decide = (id: string, decision: 'approved' | 'denied') =>
  agent.room.prisma.$transaction((tx) =>
    agent.approvalStore.decide(tx, id, decision, { key: 'admin', name: 'An operator' }),
  );
const stateOfTurn = async () =>
  (await agent.room.prisma.turn.findUniqueOrThrow({ where: { id: turn.id } })).state;

describe('A call that waits for a person', () => {
  it('is decided once by several concurrent decisions', async () => {
    const [id = ''] = ids;
    const decided = await Promise.all([decide(id, 'approved'), decide(id, 'denied'), decide(id, 'approved')]);
    expect(decided.filter((approval) => approval !== null)).toHaveLength(1);
    expect(await decide(id, 'denied')).toBeNull();
  });

  it('lets the turn go on when the last two decisions are concurrent', async () => {
    const [first = '', second = ''] = ids;
    // The first has decided but not committed when the second comes: it waits, and sees that decision.
    const other = await agent.room.prisma.$transaction(async (tx) => {
      await agent.approvalStore.decide(tx, first, 'approved', null);
      const pending = decide(second, 'approved');
      await agent.room.somebodyWaitsForALock();
      return { pending };
    });
    expect(await other.pending).not.toBeNull();
    expect(await stateOfTurn()).toBe('waiting');
  });

  it('leaves the turn parked while another call is undecided', async () => {
    await decide(ids[0] ?? '', 'approved');
    expect(await stateOfTurn()).toBe('parked');
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { newChatId } from '../../../test/support/updates.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import type { Conversation, TurnState } from '../../generated/prisma/client.js';

let agent: AgentRoom;
let group: Conversation;

beforeAll(async () => {
  agent = await AgentRoom.open();
});
afterAll(() => agent.close());
beforeEach(async () => {
  group = await newGroup({ contextMessages: 5 });
});

const newGroup = (change: Partial<Conversation>) => {
  const { tools: _tools, ...rest } = change;
  return agent.room.conversation({ chatId: String(-newChatId()), chatType: 'supergroup', ...rest });
};
/** Group messages that are older than all messages of the tests. */
const people = (id: number, text: string) =>
  agent.groupContext.keep(
    [{ conversationId: group.id, position: BigInt(id), author: 'Bob', text, isEdit: false }],
    5_000,
  );
const begin = () => agent.begin(group, '@double_bot hi');
const shown = async ({ lease, turn }: Awaited<ReturnType<typeof begin>>) =>
  (await agent.turnGroupContext.loadForTurn(lease, group, turn))?.messages[0]?.content ?? null;
const end = (id: string, state: TurnState) =>
  agent.room.prisma.turn.update({ where: { id }, data: { state } });
const stored = async () => {
  const rows = await agent.room.prisma.turnGroupContext.findMany({ where: { conversationId: group.id } });
  return new Map(rows.map(({ turnId, text }) => [turnId, text]));
};

describe('The group context of a turn', () => {
  it('is the same in each of its runs, whatever people write meanwhile', async () => {
    await people(-2, 'one');
    const run = await begin();
    const first = await shown(run);
    expect(first).toContain('"text":"one"');
    await people(-1, 'two');
    await agent.room.prisma.groupContextMessage.deleteMany({ where: { conversationId: group.id } });
    const lease = await agent.room.takeOver(group.id);
    expect(await shown({ ...run, lease })).toBe(first);
  });

  it('has no message from after the question', async () => {
    await people(-1, 'before');
    await people(1_000_000_000, 'after');
    expect(await shown(await begin())).toSatisfy((text: string) => !text.includes('after'));
  });

  it('is empty if nothing is kept, every message is answered, or an answer is corrected', async () => {
    await people(-1, 'one');
    const run = await begin();
    const corrects = { ...run.turn, correctsId: 1n };
    expect(await shown({ ...run, turn: corrects })).toBeNull();
    for (const change of [{ contextMessages: 0 }, { contextMessages: null }, { answersAll: true }]) {
      expect(
        await agent.turnGroupContext.loadForTurn(run.lease, { ...group, ...change }, run.turn),
      ).toBeNull();
    }
    expect(await stored()).toEqual(new Map());
  });

  it('is deleted once its turn has ended; a failed turn, which may be replayed, keeps the mark that it had one', async () => {
    await people(-1, 'secret');
    const turns: string[] = [];
    for (const state of ['done', 'cancelled', 'failed', 'parked'] as const) {
      const run = await begin();
      await shown(run);
      await end(run.turn.id, state);
      turns.push(run.turn.id);
      await agent.room.expire(group.id);
    }
    const last = await begin();
    await shown(last);
    const [, , failed = '', parked = ''] = turns;
    const texts = await stored();
    expect([...texts.keys()].toSorted()).toEqual([failed, parked, last.turn.id].toSorted());
    expect(texts.get(failed)).toMatch(/^Between the marks: (?!.*secret)/s);
    expect(texts.get(parked)).toContain('secret');
  });

  it('is not taken by a worker that has lost the turn', async () => {
    await people(-1, 'one');
    const run = await begin();
    await agent.room.takeOver(group.id);
    await expect(shown(run)).rejects.toBeInstanceOf(LeaseLostError);
    expect(await stored()).toEqual(new Map());
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../test/support/agent-room.js';
import { newChatId } from '../../../test/support/updates.js';
import { LeaseLostError } from '../../errors/errors.js';
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
  return agent.room.conversation({ chatId: BigInt(-newChatId()), chatType: 'supergroup', ...rest });
};
/** People said it before all that tests say. */
const people = (id: number, text: string) =>
  agent.overheard.keep(
    [{ conversationId: group.id, channelMessageId: BigInt(id), author: 'Bob', text, isEdit: false }],
    5_000,
  );
const begin = () => agent.begin(group, '@double_bot hi');
const shown = async ({ lease, turn }: Awaited<ReturnType<typeof begin>>) =>
  (await agent.backgrounds.of(lease, group, turn))?.messages[0]?.content ?? null;
const end = (id: string, state: TurnState) =>
  agent.room.prisma.turn.update({ where: { id }, data: { state } });
const stored = async () => {
  const rows = await agent.room.prisma.background.findMany({ where: { conversationId: group.id } });
  return new Map(rows.map(({ turnId, text }) => [turnId, text]));
};

describe('The background of a turn', () => {
  it('is the same in each of its runs, whatever people say meanwhile', async () => {
    await people(-2, 'one');
    const run = await begin();
    const first = await shown(run);
    expect(first).toContain('"text":"one"');
    await people(-1, 'two');
    await agent.room.prisma.overheard.deleteMany({ where: { conversationId: group.id } });
    const lease = await agent.room.takeOver(group.id);
    expect(await shown({ ...run, lease })).toBe(first);
  });

  it('has nothing that was said after the question', async () => {
    await people(-1, 'before');
    await people(1_000_000_000, 'after');
    expect(await shown(await begin())).toSatisfy((text: string) => !text.includes('after'));
  });

  it('is none where nothing is kept, every message is answered, or an answer is corrected', async () => {
    await people(-1, 'one');
    const run = await begin();
    const corrects = { ...run.turn, correctsId: 1n };
    expect(await shown({ ...run, turn: corrects })).toBeNull();
    for (const change of [{ contextMessages: 0 }, { contextMessages: null }, { answersAll: true }]) {
      expect(await agent.backgrounds.of(run.lease, { ...group, ...change }, run.turn)).toBeNull();
    }
    expect(await stored()).toEqual(new Map());
  });

  it('is let go once its turn has ended; of a failed one, which may be replayed, it stays known that it was', async () => {
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

  it('is not taken by who has lost the turn', async () => {
    await people(-1, 'one');
    const run = await begin();
    await agent.room.takeOver(group.id);
    await expect(shown(run)).rejects.toBeInstanceOf(LeaseLostError);
    expect(await stored()).toEqual(new Map());
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { eventually } from '../../../../test/support/eventually.js';
import { Stopping } from '../../../platform/runtime/stopping.js';
import { en } from '../../../platform/i18n/en.js';

let agent: AgentRoom;

beforeAll(async () => {
  agent = await AgentRoom.open({ budgets: { answerTokens: 100, userDayTokens: 1_500 } });
});
afterAll(() => agent.close());

const conversationIn = async (busyMode: 'queue' | 'interrupt') => {
  const conversation = await agent.room.conversation();
  await agent.room.prisma.conversation.update({ where: { id: conversation.id }, data: { busyMode } });
  return conversation;
};
const spentIn = async ({ chatId }: { readonly chatId: string }): Promise<number> => {
  const [row] = await agent.room.prisma.budgetDay.findMany({
    where: { scope: 'chat', key: `telegram:${chatId}` },
  });
  return Number(row?.spentTokens ?? 0);
};

describe('An aborted model call', () => {
  it('is counted whoever interrupts it, so that a user who does so repeatedly reaches the limit', async () => {
    const conversation = await conversationIn('interrupt');
    const word = `[${conversation.chatId}]`;
    agent.model.script(word, { fault: 'hang' });
    const answer = () =>
      agent.room.prisma.message.findFirst({ where: { conversationId: conversation.id, role: 'assistant' } });
    await agent.room.event(conversation, `${word} this`);
    for (let round = 1; (await answer()) === null; round += 1) {
      expect(round).toBeLessThan(30);
      const running = agent.runner().run(conversation.id);
      await eventually(async () =>
        expect(agent.model.callsAbout(word).length === round || (await answer()) !== null).toBe(true),
      );
      await agent.room.event(conversation, `${word} not this, but`);
      await running;
    }
    expect((await answer())?.text).toBe(en.budget.user);
    expect(await spentIn(conversation)).toBeGreaterThan(1_000);
  });

  it('counts the tokens written so far', async () => {
    const spent: number[] = [];
    for (const said of ['one', 'one '.repeat(300)]) {
      const conversation = await conversationIn('queue');
      const word = `[${conversation.chatId}]`;
      agent.model.script(word, { pieces: [said, '.'], hold: agent.model.gate() });
      await agent.room.event(conversation, word);
      const running = agent.runner().run(conversation.id);
      await eventually(async () => {
        const draft = await agent.room.prisma.draft.findFirst({
          where: { turn: { conversationId: conversation.id } },
        });
        expect(draft?.text.trim()).toBe(said.trim());
      });
      await agent.room.event(conversation, '/stop');
      await agent.commands.handleWaiting(conversation.id, null);
      await running;
      spent.push(await spentIn(conversation));
    }
    const [short = 0, long = 0] = spent;
    expect(long - short).toBeGreaterThan(250);
  });

  it('is not counted if its process ends, and another one repeats it', async () => {
    const conversation = await conversationIn('queue');
    const word = `[${conversation.chatId}]`;
    const held = agent.model.hold(word);
    const stopping = new Stopping();
    await agent.room.event(conversation, word);
    const running = agent.runner(stopping).run(conversation.id);
    await eventually(() => expect(held.waiting).toBe(1));
    await stopping.beforeApplicationShutdown();
    await running;
    expect(await spentIn(conversation)).toBe(0);
  });
});

describe('A finished model call', () => {
  it('is counted though its turn was lost right before it could be recorded', async () => {
    const conversation = await conversationIn('queue');
    const word = `[${conversation.chatId}]`;
    const held = agent.model.hold(word);
    await agent.room.event(conversation, word);
    const running = agent.runner().run(conversation.id);
    await eventually(() => expect(held.waiting).toBe(1));
    const other = await agent.room.pool.connect();
    try {
      await other.query('BEGIN');
      await other.query('SELECT FROM leases WHERE conversation_id = $1 FOR UPDATE', [conversation.id]);
      held.release();
      await agent.room.somebodyWaitsForALock();
      await other.query('UPDATE leases SET token = token + 1 WHERE conversation_id = $1', [conversation.id]);
      await other.query('COMMIT');
    } finally {
      other.release();
    }
    await running;
    expect(await spentIn(conversation)).toBeGreaterThan(0);
  });
});

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { Lanes } from '../../../../test/support/lanes.js';
import { textUpdate } from '../../../../test/support/updates.js';
import type { Prisma } from '../../../generated/prisma/client.js';
import { DeadLettersService } from '../../../dead-letters/dead-letters.service.js';
import { interruptedGroup, InterruptedWorker, somebody } from './interrupted-worker.fixture.js';

let agent: AgentRoom;
let lanes: Lanes;
let ada: number;
let worker: InterruptedWorker;

beforeAll(async () => {
  agent = await AgentRoom.open({
    access: { mode: 'pairing' },
    settings: { contextTokens: 2_000 },
    busy: { correctEditedAnswers: true },
  });
  lanes = await Lanes.open('postgresql', agent.room.url);
  ada = await somebody(agent, 'let in');
});
afterAll(async () => {
  await lanes.close();
  await agent.close();
});
beforeEach(async () => {
  agent.limits.limit = 1_000;
  worker = new InterruptedWorker(agent, await interruptedGroup(agent));
});

const ofChat = () => ({ where: { conversationId: worker.conversation.id }, orderBy: { id: 'asc' } }) as const;
const turns = async () => {
  const all = await agent.room.prisma.turn.findMany(ofChat());
  return all.map(({ state, errorCode }) => (errorCode ? `${state} ${errorCode}` : state));
};
const states = async () => (await agent.room.prisma.event.findMany(ofChat())).map(({ state }) => state);
const change = (data: Prisma.ConversationUpdateInput) =>
  agent.room.prisma.conversation.update({ where: { id: worker.conversation.id }, data });
const windowEnds = () => (agent.windows.now += agent.limits.periodMs);
const interrupted = { kind: 'interrupted', replied: false };
const none = { kind: 'none' };

const replay = (letter: string) => new DeadLettersService(agent.room.prisma, lanes.waker).replay(letter);

/** Begins a turn about "first". */
async function underWay(): Promise<void> {
  await worker.say('first', ada);
  await worker.begin();
}

describe('A turn is not interrupted', () => {
  it('once it has ended: it stays answered, and the new messages have the next turn', async () => {
    await underWay();
    const { conversation } = worker;
    const { lease, turn } = worker.underWay;
    await worker.say('second', ada);
    const candidates = (await agent.laneStates.waiting(conversation.id, 10)).map((event) => ({
      event,
      heard: null,
    }));
    await agent.completion.finish(lease, turn, { text: 'Answer.', model: null, errorCode: null });
    expect(await agent.interruptionStore.interrupt(lease, conversation, turn, candidates, true)).toEqual(
      none,
    );
    expect(await turns()).toEqual(['done']);
    expect(await states()).toEqual(['done', 'waiting']);
  });

  it('by a worker that has lost the lease', async () => {
    await underWay();
    await worker.say('second', ada);
    await agent.room.takeOver(worker.conversation.id);
    expect(await worker.look()).toEqual(none);
    expect(await turns()).toEqual(['running']);
    expect(await states()).toEqual(['claimed', 'waiting']);
  });

  it('and answered as well, whichever commits first', async () => {
    for (let round = 0; round < 8; round += 1) {
      worker = new InterruptedWorker(agent, await interruptedGroup(agent));
      await underWay();
      await worker.say('second', ada);
      const [finished] = await Promise.allSettled([worker.finish(), worker.look()]);
      const wasFirst = finished.status === 'fulfilled';
      expect(await turns()).toEqual(wasFirst ? ['done'] : ['cancelled INTERRUPTED', 'waiting']);
      if (!wasFirst) await agent.room.expire(worker.conversation.id);
      await worker.drain();
      expect(await states()).toEqual(['done', 'done']);
      expect(worker.answered.at(-1)).toMatch(/first[^]*second/);
    }
  });

  it.each([
    ['somebody who is blocked', 'blocked' as const, 'dropped'],
    ['somebody who has to be let in first', 'unknown' as const, 'done'],
  ])('by %s', async (_who, access, state) => {
    await underWay();
    await worker.say('spam', await somebody(agent, access));
    expect(await worker.look()).toEqual(none);
    expect(await turns()).toEqual(['running']);
    expect(await states()).toEqual(['claimed', state]);
  });

  it('by messages that the chat’s limit holds back, until it grants them', async () => {
    agent.limits.limit = 2;
    await underWay();
    await worker.say('second', ada);
    expect(await worker.look()).toEqual(interrupted);
    await worker.begin();
    await worker.say('third', ada);
    expect(await worker.look()).toEqual({ kind: 'later', delayMs: agent.limits.periodMs });
    windowEnds();
    expect(await worker.look()).toEqual(interrupted);
  });

  it('by messages behind others that the limit held back when it began', async () => {
    agent.limits.limit = 1;
    await worker.say('first', ada);
    await worker.say('deferred', ada);
    await worker.begin();
    windowEnds();
    expect(await worker.look()).toBeNull();
    await worker.say('second', ada);
    const asked = agent.windows.asked.length;
    expect(await worker.look()).toEqual(none);
    expect(agent.windows.asked).toHaveLength(asked);
  });

  it('while the limit cannot be read', async () => {
    await underWay();
    await worker.say('second', ada);
    agent.windows.state = 'unreachable';
    expect(await worker.look()).toEqual({ kind: 'later', delayMs: 1_000 });
    agent.windows.state = 'reachable';
    expect(await worker.look()).toEqual(interrupted);
  });

  it('by half of an album', async () => {
    await underWay();
    const from = { id: ada, is_bot: false, first_name: 'N' };
    const forward_origin = { type: 'hidden_user', sender_user_name: 'B', date: 1 };
    const update = textUpdate(Number(worker.conversation.chatId), 'one', {
      from,
      forward_origin,
    });
    const event = await agent.room.event(worker.conversation, 'one', {}, update);
    expect(await worker.look()).toMatchObject({ kind: 'later' });
    await agent.room.pool.query(
      `UPDATE events SET received_at = received_at - interval '1 s' WHERE id = $1`,
      [event],
    );
    await agent.room.pool.query(
      `UPDATE turns SET available_at = available_at - interval '2 s' WHERE id = $1`,
      [worker.turn?.id],
    );
    expect(await worker.look()).toEqual(interrupted);
  });

  it('by messages behind a /reset: each is answered in its own epoch', async () => {
    await underWay();
    await worker.say('/reset', ada);
    await agent.commands.handleWaiting(worker.conversation.id, null);
    await worker.say('second', ada);
    expect(await worker.look()).toEqual(none);
    await worker.drain();
    expect(worker.answered).toEqual(['user: N: first', 'user: N: second']);
  });

  it('by messages behind an unhandled command', async () => {
    await underWay();
    await worker.say('/reset', ada);
    await worker.say('second', ada);
    expect(await worker.look()).toEqual({ kind: 'later', delayMs: 250 });
    await worker.drain();
    expect(worker.answered).toEqual(['user: N: first', 'user: N: second']);
  });

  it('by messages from behind a /reset, but by those from before it', async () => {
    await underWay();
    await worker.say('second', ada);
    await worker.say('/reset', ada);
    await worker.say('third', ada);
    expect(await worker.look()).toEqual(interrupted);
    await worker.drain();
    expect(worker.answered).toEqual(['user: N: first\nuser: N: second', 'user: N: third']);
  });

  it('by more than fits beside its messages', async () => {
    await worker.say('first '.repeat(600), ada);
    await worker.begin();
    await worker.say('second '.repeat(600), ada);
    expect(await worker.look()).toEqual(none);
    await worker.drain();
    expect(worker.answered).toHaveLength(2);
  });

  it.each([
    ['paused', { status: 'paused' as const }],
    ['blocked', { status: 'blocked' as const }],
    ['out of reach', { unreachableAt: new Date() }],
    ['in another mode by now', { busyMode: 'queue' as const }],
  ])('in a chat that is %s', async (_how, data) => {
    await underWay();
    await worker.say('second', ada);
    await change(data);
    expect(await worker.look()).toEqual(none);
    expect(await turns()).toEqual(['running']);
  });

  it('by messages that another run let join it', async () => {
    await underWay();
    const { conversation } = worker;
    const run = worker.underWay;
    const { lease, turn } = run;
    await worker.say('second', ada);
    const heard = await agent.laneStates.waiting(conversation.id, 10);
    const candidates = heard.map((event) => ({ event, heard: null }));
    await agent.claim.join(run, 1);
    expect(await agent.interruptionStore.interrupt(lease, conversation, turn, candidates, true)).toEqual(
      none,
    );
    // And the other way round.
    const { messages } = await agent.claims.join(lease, conversation, turn, candidates, 2);
    expect(messages).toEqual([]);
    expect(await agent.room.prisma.message.count({ where: { turnId: turn.id } })).toBe(2);
  });

  it('if others have spoken since its messages: a replay is answered in its own place', async () => {
    await underWay();
    const letter = await worker.fail();
    await worker.say('between', ada);
    await worker.begin();
    await worker.finish();
    await replay(letter);
    await worker.begin();
    await worker.say('second', ada);
    expect(await worker.look()).toEqual(none);
  });

  it('by messages that waited before its replay began', async () => {
    await underWay();
    const letter = await worker.fail();
    await worker.say('waits', ada);
    await replay(letter);
    await worker.begin();
    expect(await worker.look()).toBeNull();
    await worker.drain();
    expect(await states()).toEqual(['done', 'done']);
    expect(worker.answered[0]).toBe('user: N: first');
  });

  it('while the first message of its answer is being sent, but not for ever', async () => {
    await underWay();
    const { lease, turn } = worker.underWay;
    await agent.drafts.begin(lease, turn.id, 'It is');
    await worker.say('second', ada);
    expect(await worker.look()).toEqual({ kind: 'later', delayMs: 250 });
    let looks = 1;
    while ((await worker.look())?.kind === 'later') looks += 1;
    expect(looks).toBe(64);
    expect(await turns()).toEqual(['cancelled INTERRUPTED', 'waiting']);
  });

  it('if the first message of its answer is sent during the decision', async () => {
    await underWay();
    const { lease, turn } = worker.underWay;
    await worker.say('second', ada);
    const { conversation } = worker;
    const [event] = await agent.laneStates.waiting(conversation.id, 10);
    if (!event) throw new Error('nothing waits');
    await agent.drafts.begin(lease, turn.id, 'It is');
    const attempt = (waitsForDraft: boolean) =>
      agent.interruptionStore.interrupt(lease, conversation, turn, [{ event, heard: null }], waitsForDraft);
    expect(await attempt(true)).toEqual({ kind: 'showing' });
    expect(await turns()).toEqual(['running']);
    expect(await attempt(false)).toEqual(interrupted);
  });
});

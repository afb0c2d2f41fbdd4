import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../test/support/agent-room.js';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { isSuspect } from '../agent/turns/turn-deaths.js';
import { Tool } from '../agent/tools/tool.decorator.js';
import { DeadLettersService } from './dead-letters.service.js';
import type { LaneName } from '../queue/lanes.js';

class Nothing {}

/** Never ends, and must not be repeated. */
class Bank {
  calls = 0;

  @Tool({ name: 'pay', description: 'Pays.', parameters: Nothing, repeatable: false })
  pay(): Promise<string> {
    this.calls += 1;
    return new Promise(() => undefined);
  }
}

let agent: AgentRoom;
let lanes: Lanes;
let deadLetters: DeadLettersService;
let words = 0;

beforeAll(async () => {
  agent = await AgentRoom.open({ tools: [Bank] });
  lanes = await Lanes.open('postgresql', agent.room.url);
  deadLetters = new DeadLettersService(agent.room.prisma, lanes.waker);
});
afterAll(async () => {
  await lanes.close();
  await agent.close();
});

async function failedTurn() {
  const conversation = await agent.room.conversation();
  const word = `word-${(words += 1)}.`;
  await agent.room.event(conversation, word);
  agent.model.script(word, { status: 401 }, { text: 'Now it works.' });
  await agent.runner().run(conversation.id);
  const letter = await agent.room.prisma.deadLetter.findFirstOrThrow({
    where: { conversationId: conversation.id },
  });
  return { conversation, word, letter };
}

const woken = (lane: LaneName, conversationId: string) =>
  eventually(async () => {
    const jobs = await lanes.queues[lane].getJobs(['waiting']);
    expect(jobs.map(({ data }) => data.conversationId)).toContain(conversationId);
  });

describe('Dead letters', () => {
  it('let a turn continue with its own messages, and wake its lane', async () => {
    const { conversation, letter, word } = await failedTurn();
    await agent.room.event(conversation, 'another message');
    expect(await deadLetters.replay(letter.id)).toBe(true);
    await woken('turns', conversation.id);
    const where = { turnId: letter.subjectId };
    expect(await agent.room.prisma.event.findMany({ where })).toMatchObject([{ state: 'claimed' }]);
    await agent.runner().run(conversation.id);
    const messages = await agent.room.prisma.message.findMany({
      where: { turnId: letter.subjectId },
      orderBy: { id: 'asc' },
    });
    expect(messages.map(({ role }) => role)).toEqual(['user', 'assistant', 'assistant']);
    expect(messages.at(-1)?.text).toBe('Now it works.');
    expect(agent.model.callsAbout(word).at(-1)?.news).toEqual([word]);
    expect(await agent.room.prisma.turn.findUnique({ where: { id: letter.subjectId } })).toMatchObject({
      state: 'done',
      attempts: 0,
    });
    expect(await agent.room.prisma.deadLetter.count({ where: { conversationId: conversation.id } })).toBe(0);
  });

  it('run a turn that ended its process apart from others', async () => {
    const { letter } = await failedTurn();
    const where = { id: letter.subjectId };
    await agent.room.prisma.turn.update({ where, data: { takeovers: 2, deaths: 3 } });
    await agent.room.prisma.deadLetter.update({ where: { id: letter.id }, data: { reason: 'TURN_POISON' } });
    await deadLetters.replay(letter.id);
    const turn = await agent.room.prisma.turn.findUniqueOrThrow({ where });
    expect(isSuspect(turn)).toBe(true);
    expect(turn).toMatchObject({ state: 'waiting', deaths: 0 });
  });

  it('get a new letter when the work fails again', async () => {
    const { conversation, letter, word } = await failedTurn();
    agent.model.script(word, { status: 401 });
    await deadLetters.replay(letter.id);
    await agent.runner().run(conversation.id);
    const [again] = await agent.room.prisma.deadLetter.findMany({
      where: { conversationId: conversation.id },
    });
    expect(again).toMatchObject({ subjectId: letter.subjectId, reason: 'MODEL_401' });
    expect(again?.id).not.toBe(letter.id);
  });

  it('are replayed once by two concurrent calls', async () => {
    const { letter } = await failedTurn();
    const outcomes = await Promise.all([1, 2, 3].map(() => deadLetters.replay(letter.id)));
    expect(outcomes.filter(Boolean)).toHaveLength(1);
    expect(await deadLetters.replay(letter.id)).toBe(false);
  });

  it('repeat no call of a tool that must not be repeated, and inform the model', async () => {
    const conversation = await agent.room.conversation();
    const word = `word-${(words += 1)}.`;
    const pay = { calls: [{ name: 'pay', arguments: {} }] };
    agent.model.script(word, pay, { text: 'I do not know whether it is paid.' });
    const { turn, lease } = await agent.begin(conversation, word);
    await agent.room.leases.release(lease);
    const nearlyAll = agent.settings.turnTimeoutMs - 2_000;
    await agent.room.prisma.turn.update({ where: { id: turn.id }, data: { spentMs: nearlyAll } });
    await agent.runner().run(conversation.id);
    const letter = await agent.room.prisma.deadLetter.findFirstOrThrow({ where: { subjectId: turn.id } });
    expect(letter.reason).toBe('TURN_TIMEOUT');
    expect(agent.tool(Bank).calls).toBe(1);
    await deadLetters.replay(letter.id);
    await agent.runner().run(conversation.id);
    expect(agent.tool(Bank).calls).toBe(1);
    const last = agent.model.callsAbout(word).at(-1)?.messages.at(-1);
    expect(last).toMatchObject({
      role: 'tool',
      content: expect.stringContaining('outcome of this call is unknown'),
    });
    const answer = await agent.room.prisma.message.findFirst({
      where: { turnId: turn.id },
      orderBy: { id: 'desc' },
    });
    expect(answer?.text).toBe('I do not know whether it is paid.');
  });

  it('put an event back in its place among the waiting ones', async () => {
    const conversation = await agent.room.conversation();
    const word = `word-${(words += 1)}.`;
    const eventId = await agent.room.event(conversation, word, { state: 'dead' });
    const { id } = await agent.room.prisma.deadLetter.create({
      data: {
        id: randomUUID(),
        kind: 'event',
        subjectId: String(eventId),
        conversationId: conversation.id,
        reason: 'BROKEN',
        attempts: 1,
        lastError: 'x',
      },
    });
    expect(await deadLetters.replay(id)).toBe(true);
    await woken('turns', conversation.id);
    expect(await agent.runner().run(conversation.id)).toMatchObject({ replied: true });
    expect(agent.model.callsAbout(word)).toHaveLength(1);
  });

  it('send a failed reply again', async () => {
    const { id: conversationId } = await agent.room.conversation();
    const reply = await agent.room.prisma.reply.create({
      data: {
        conversationId,
        body: {},
        state: 'failed',
        attempts: 3,
        unknownSends: 1,
        settledAt: new Date(),
      },
    });
    const { id } = await agent.room.prisma.deadLetter.create({
      data: {
        id: randomUUID(),
        kind: 'reply',
        subjectId: String(reply.id),
        conversationId,
        reason: 'BOT_BLOCKED',
        attempts: 3,
        lastError: 'x',
      },
    });
    expect(await deadLetters.replay(id)).toBe(true);
    await woken('deliveries', conversationId);
    expect(await agent.room.prisma.reply.findUnique({ where: { id: reply.id } })).toMatchObject({
      state: 'pending',
      attempts: 0,
      unknownSends: 0,
      settledAt: null,
    });
  });

  it('lock the lease of the lane before anything else, as every commit for the conversation does', async () => {
    const { conversation, letter } = await failedTurn();
    const other = await agent.room.pool.connect();
    await other.query('BEGIN');
    await other.query('SELECT 1 FROM leases WHERE conversation_id = $1 FOR UPDATE', [conversation.id]);
    const replaying = deadLetters.replay(letter.id);
    await agent.room.somebodyWaitsForALock();
    await other.query('SELECT 1 FROM turns WHERE id = $1 FOR UPDATE NOWAIT', [letter.subjectId]);
    await other.query('SELECT 1 FROM events WHERE turn_id = $1 FOR UPDATE NOWAIT', [letter.subjectId]);
    await other.query('COMMIT');
    other.release();
    expect(await replaying).toBe(true);
  });

  it('are deleted for good when they are discarded, and unknown ones are reported', async () => {
    const { conversation, letter } = await failedTurn();
    expect(await deadLetters.discard(letter.id)).toBe(true);
    expect(await deadLetters.discard(letter.id)).toBe(false);
    expect(await deadLetters.replay(letter.id)).toBe(false);
    expect(
      await agent.room.prisma.turn.findFirst({ where: { conversationId: conversation.id } }),
    ).toMatchObject({ state: 'failed' });
  });
});

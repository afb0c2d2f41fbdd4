import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChannelMessageId } from '../../../channel/ids.js';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { Lanes } from '../../../../test/support/lanes.js';
import { editUpdate, textUpdate } from '../../../../test/support/updates.js';
import { LeaseLostError } from '../../../platform/errors/errors.js';
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
const interrupted = { kind: 'interrupted', replied: false };

const replay = (letter: string) => new DeadLettersService(agent.room.prisma, lanes.waker).replay(letter);

/** Begins a turn about "first". */
async function underWay(): Promise<void> {
  await worker.say('first', ada);
  await worker.begin();
}
/** Interrupts it by "second". */
async function interruptedOnce(): Promise<void> {
  await underWay();
  await worker.say('second', ada);
  expect(await worker.look()).toEqual(interrupted);
}

describe('A turn that is interrupted', () => {
  it('is followed by one that owns its events and the new ones, whichever process dies in between', async () => {
    await interruptedOnce();
    expect(await turns()).toEqual(['cancelled INTERRUPTED', 'waiting']);
    expect(await states()).toEqual(['claimed', 'claimed']);
    await worker.begin();
    await worker.die();
    await worker.begin();
    expect(await worker.request()).toEqual(['user: N: first', 'user: N: second']);
    await worker.finish();
    expect(await turns()).toEqual(['cancelled INTERRUPTED', 'done']);
    expect(await states()).toEqual(['done', 'done']);
  });

  it('hands the count of its processes’ deaths on', async () => {
    await underWay();
    for (let time = 0; time < 2; time += 1) {
      await worker.die();
      await worker.begin();
    }
    await worker.say('second', ada);
    expect(await worker.look()).toEqual(interrupted);
    const all = await agent.room.prisma.turn.findMany(ofChat());
    expect(all.map(({ takeovers, deaths }) => [takeovers, deaths])).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });

  it('has lost its lease: its runner commits nothing', async () => {
    await underWay();
    const { lease, turn } = worker.underWay;
    await worker.say('second', ada);
    expect(await worker.look()).toEqual(interrupted);
    const end = { text: 'Too late.', model: null, errorCode: null };
    await expect(agent.completion.finish(lease, turn, end)).rejects.toBeInstanceOf(LeaseLostError);
    // The lane is free at once.
    expect(await worker.begin()).toBe(true);
  });

  it('is interrupted repeatedly, and every message is answered', async () => {
    await interruptedOnce();
    for (const text of ['third', 'fourth']) {
      await worker.begin();
      await worker.say(text, ada);
      expect(await worker.look()).toEqual(interrupted);
    }
    await worker.begin();
    const said = ['first', 'second', 'third', 'fourth'].map((text) => `user: N: ${text}`);
    expect(await worker.request()).toEqual(said);
    await worker.finish();
    expect(await states()).toEqual(['done', 'done', 'done', 'done']);
    expect(await turns()).toEqual([...Array(3).fill('cancelled INTERRUPTED'), 'done']);
  });

  it('shows the next one its answer so far and its tool results, in their place', async () => {
    await underWay();
    const { lease, turn } = worker.underWay;
    const answer = {
      content: null,
      refusal: null,
      finishReason: 'tool_calls',
      model: 'm',
      inputTokens: 0,
      outputTokens: 0,
    };
    const toolCalls = [
      { id: 'a', name: 'current_time', arguments: '{}' },
      { id: 'b', name: 'recall', arguments: '{}' },
    ];
    const step = {
      turnId: turn.id,
      requestDigest: '',
      error: null,
      inputTokens: 0,
      outputTokens: 0,
      startedAt: new Date(),
    };
    await agent.steps.add(lease, {
      ...step,
      index: 0,
      kind: 'model',
      name: 'm',
      result: { ...answer, toolCalls },
    });
    await agent.steps.add(lease, {
      ...step,
      index: 1,
      kind: 'tool',
      name: 'current_time',
      result: { callId: 'a', output: 'noon' },
    });
    await agent.drafts.begin(lease, turn.id, 'It is');
    await agent.drafts.shown(lease, turn.id, ChannelMessageId('77'));
    await worker.say('second', ada);
    expect(await worker.look()).toEqual({ kind: 'interrupted', replied: true });
    await worker.begin();
    const request = [
      'user: N: first',
      'assistant calls: ',
      'tool: noon',
      'tool: There is no result: the call was interrupted.',
      'assistant: It is …',
      'user: N: second',
    ];
    expect(await worker.request()).toEqual(request);
    await worker.finish();
    await worker.say('third', ada);
    await worker.begin();
    expect(await worker.request()).toEqual([...request, 'assistant: Answer.', 'user: N: third']);
  });

  it('keeps its messages in the request, however long its tool results', async () => {
    await underWay();
    const { lease, turn } = worker.underWay;
    const answer = {
      content: null,
      refusal: null,
      finishReason: 'tool_calls',
      model: 'm',
      inputTokens: 0,
      outputTokens: 0,
    };
    const step = {
      turnId: turn.id,
      requestDigest: '',
      error: null,
      inputTokens: 0,
      outputTokens: 0,
      startedAt: new Date(),
    };
    const call = { id: 'a', name: 'fetch_url', arguments: '{}' };
    for (const index of [0, 2, 4]) {
      await agent.steps.add(lease, {
        ...step,
        index,
        kind: 'model',
        name: 'm',
        result: { ...answer, toolCalls: [call] },
      });
      const output = 'long '.repeat(3_000);
      await agent.steps.add(lease, {
        ...step,
        index: index + 1,
        kind: 'tool',
        name: 'fetch_url',
        result: { callId: 'a', output },
      });
    }
    await worker.say('second', ada);
    expect(await worker.look()).toEqual(interrupted);
    await worker.begin();
    const request = await worker.request();
    expect(request[0]).toBe('user: N: first');
    expect(request.at(-1)).toBe('user: N: second');
  });

  it('leaves its messages to the next one, also if that fails and is replayed', async () => {
    await interruptedOnce();
    await worker.begin();
    const letter = await worker.fail();
    expect(await states()).toEqual(['dead', 'dead']);
    const { payload } = await agent.room.prisma.deadLetter.findUniqueOrThrow({ where: { id: letter } });
    expect(payload).toMatchObject({ events: [expect.anything(), expect.anything()] });
    await replay(letter);
    await worker.begin();
    expect(await worker.request()).toEqual(['user: N: first', 'user: N: second']);
    await worker.finish();
    expect(await states()).toEqual(['done', 'done']);
  });

  it('has its messages dropped with the next one in a blocked chat: they are not answered later', async () => {
    await interruptedOnce();
    await change({ status: 'blocked' });
    const lease = await agent.room.lease(worker.conversation.id);
    await agent.drops.dropAll(lease);
    await agent.room.leases.release(lease);
    await change({ status: 'active' });
    await worker.say('third', ada);
    await worker.begin();
    expect(await worker.request()).toEqual(['user: N: third']);
    expect(await states()).toEqual(['dropped', 'dropped', 'claimed']);
  });

  it('may have its message edited: an edit interrupts the next turn while that runs, and corrects the answer later', async () => {
    const typo = textUpdate(Number(worker.conversation.chatId), 'frist', {
      from: { id: ada, is_bot: false, first_name: 'N' },
    });
    const edit = async (text: string) => {
      const update = editUpdate(typo, text);
      await agent.room.prisma.event.create({
        data: {
          source: 'telegram',
          externalId: String(update.update_id),
          conversationId: worker.conversation.id,
          kind: 'edit',
          payload: JSON.parse(JSON.stringify(update)),
        },
      });
      await agent.commands.handleWaiting(worker.conversation.id, null);
    };
    await agent.room.event(worker.conversation, 'frist', {}, typo);
    await worker.begin();
    await worker.say('second', ada);
    expect(await worker.look()).toEqual(interrupted);
    await worker.begin();
    await edit('first');
    expect(await worker.look()).toEqual(interrupted);
    await worker.begin();
    expect(await worker.request()).toEqual(['user: N: frist', 'user: N: second', 'user: N: first']);
    await worker.finish();
    await edit('the first');
    await worker.begin();
    expect(worker.turn?.correctsId).not.toBeNull();
    expect(await worker.request()).toEqual(['user: N: frist', 'user: N: second', 'user: N: the first']);
  });
});

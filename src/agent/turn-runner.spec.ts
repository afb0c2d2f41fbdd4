import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../test/support/agent-room.js';
import { eventually } from '../../test/support/eventually.js';
import type { Conversation, ConversationStatus } from '../generated/prisma/client.js';
import { Stopping } from '../runtime/stopping.js';
import { texts } from './texts.js';
import { MAX_ATTEMPTS, MAX_TAKEOVERS } from './turn-failure.js';

let agent: AgentRoom;
let conversation: Conversation;
let words = 0;
let word: string;

beforeAll(async () => {
  agent = await AgentRoom.open({ settings: { turnTimeoutMs: 60_000 } });
});
afterAll(() => agent.close());

beforeEach(async () => {
  conversation = await agent.room.conversation();
  word = `word-${(words += 1)}.`;
  agent.limits.limit = 1_000_000;
});

const run = (stopping?: Stopping) => agent.runner(stopping).run(conversation.id);
const say = (text: string) => agent.room.event(conversation, text);
const asked = () => agent.model.callsAbout(word);
const turns = () =>
  agent.room.prisma.turn.findMany({ where: { conversationId: conversation.id }, orderBy: { id: 'asc' } });
const letters = () => agent.room.prisma.deadLetter.findMany({ where: { conversationId: conversation.id } });
const replies = () =>
  agent.room.prisma.reply.findMany({ where: { conversationId: conversation.id }, orderBy: { id: 'asc' } });
const history = async () =>
  (
    await agent.room.prisma.message.findMany({
      where: { conversationId: conversation.id },
      orderBy: { id: 'asc' },
    })
  ).map(({ role, text }) => `${role}: ${text}`);
const states = async () =>
  (
    await agent.room.prisma.event.findMany({
      where: { conversationId: conversation.id },
      orderBy: { id: 'asc' },
    })
  ).map(({ state }) => state);
/** As time does it: what was put off is due. */
const waitOver = () =>
  agent.room.pool.query('UPDATE turns SET available_at = now() WHERE conversation_id = $1', [
    conversation.id,
  ]);
const setStatus = (status: ConversationStatus) =>
  agent.room.prisma.conversation.update({ where: { id: conversation.id }, data: { status } });
/** What the model was shown in its last call, without the system prompt. */
const shown = () =>
  (agent.model.calls.at(-1)?.messages ?? []).flatMap(({ role, content }) =>
    role === 'system' ? [] : [`${role}: ${content}`],
  );

describe('TurnRunner', () => {
  it('answers all that waits with one model call, each message in its row, in order, and one reply', async () => {
    for (const part of ['one', 'two', 'three']) await say(`${word} ${part}`);
    agent.model.script(word, { text: 'All three.' });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: true });
    expect(asked()).toHaveLength(1);
    expect(await history()).toEqual([
      `user: ${word} one`,
      `user: ${word} two`,
      `user: ${word} three`,
      'assistant: All three.',
    ]);
    expect(await states()).toEqual(['done', 'done', 'done']);
    expect(await replies()).toMatchObject([{ state: 'pending' }]);
    expect(await turns()).toMatchObject([
      { state: 'done', takeovers: 0, attempts: 0, model: 'double', finishedAt: expect.any(Date) },
    ]);
    expect((await agent.room.conversations.find(conversation.id))?.messageCount).toBe(4);
  });

  it('leaves messages that come while it runs to the next turn', async () => {
    await say(`${word} early`);
    const hold = agent.model.hold(word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await say(`late ${word}`);
    hold.release();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: true });
    expect(await states()).toEqual(['done', 'waiting']);
    await run();
    expect(await turns()).toHaveLength(2);
    expect(shown()).toEqual([`user: ${word} early`, `assistant: Echo: ${word} early`, `user: late ${word}`]);
  });

  it('does nothing where nothing waits, and takes no notice of a conversation that is held', async () => {
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    await say(word);
    const lease = await agent.room.lease(conversation.id);
    expect(await run()).toEqual({ lane: { next: 'later', delayMs: 2_000 }, replied: false });
    await agent.room.leases.release(lease);
    expect(asked()).toHaveLength(0);
  });

  it('goes on with a turn that a dead process left, without asking the model for what it has answered', async () => {
    await say(word);
    const { turn, lease } = await agent.begin(conversation);
    await agent.steps.add(lease, {
      turnId: turn.id,
      index: 0,
      kind: 'model',
      name: 'double',
      requestDigest: '',
      result: {
        content: 'Asked long ago.',
        refusal: null,
        toolCalls: [],
        finishReason: 'stop',
        model: 'double',
      },
      error: null,
      inputTokens: 1,
      outputTokens: 1,
      startedAt: new Date(),
    });
    await say('came after the crash');
    await agent.room.expire(conversation.id);
    expect(await run()).toEqual({ lane: { next: 'now' }, replied: true });
    expect(asked()).toHaveLength(0);
    expect(await history()).toEqual([`user: ${word}`, 'assistant: Asked long ago.']);
    expect(await turns()).toMatchObject([{ state: 'done', takeovers: 1 }]);
    expect(await states()).toEqual(['done', 'waiting']);
  });

  it('gives a turn up that took down every process that ran it', async () => {
    await say(word);
    const { turn, lease } = await agent.begin(conversation);
    await agent.room.leases.release(lease);
    await agent.room.prisma.turn.update({ where: { id: turn.id }, data: { takeovers: MAX_TAKEOVERS } });
    expect(await run()).toMatchObject({ replied: true });
    expect(await letters()).toMatchObject([{ kind: 'turn', reason: 'TURN_POISON', subjectId: turn.id }]);
    expect(await history()).toEqual([`user: ${word}`, `assistant: ${texts.failed}`]);
    expect(asked()).toHaveLength(0);
  });

  it('counts no takeover where the database had no room for the answer, however often', async () => {
    await say(word);
    await agent.room.pool.query(`
      CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$;
      CREATE TRIGGER no_room BEFORE INSERT ON replies FOR EACH ROW EXECUTE FUNCTION no_room()`);
    for (let time = 0; time < 3; time += 1) await expect(run()).rejects.toThrow('could not extend file');
    expect(await turns()).toMatchObject([{ state: 'waiting', takeovers: 0, attempts: 0 }]);
    await agent.room.pool.query('DROP FUNCTION no_room CASCADE');
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', takeovers: 0 }]);
    expect(asked()).toHaveLength(1);
  });

  it('tries again after a pause what may work later, and counts its tries', async () => {
    await say(word);
    agent.model.script(
      word,
      { status: 503 },
      { status: 429, headers: { 'retry-after': '30' } },
      { text: 'At last.' },
    );
    const first = await run();
    expect(first).toMatchObject({ lane: { next: 'later' }, replied: false });
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    expect(asked()).toHaveLength(1);
    await waitOver();
    const second = await run();
    expect(second.lane.next === 'later' && second.lane.delayMs).toBe(30_000);
    await waitOver();
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: true });
    expect(await turns()).toMatchObject([
      { state: 'done', attempts: 2, firstError: expect.stringContaining('503') },
    ]);
    expect(await history()).toEqual([`user: ${word}`, 'assistant: At last.']);
  });

  it('after the last try tells the user, keeps a dead letter, and answers the next message on its own', async () => {
    await say(word);
    agent.model.script(word, { status: 500 });
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      await run();
      await waitOver();
    }
    expect(asked()).toHaveLength(MAX_ATTEMPTS);
    expect(await letters()).toMatchObject([{ kind: 'turn', reason: 'MODEL_500', attempts: MAX_ATTEMPTS }]);
    expect(await states()).toEqual(['dead']);
    expect(await history()).toEqual([`user: ${word}`, `assistant: ${texts.failed}`]);
    await say('something else');
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'failed' }, { state: 'done' }]);
    expect(await replies()).toHaveLength(2);
  });

  it('does not try again what the model will never take', async () => {
    await say(word);
    agent.model.script(word, { status: 400 });
    await run();
    expect(asked()).toHaveLength(1);
    expect(await letters()).toMatchObject([{ reason: 'MODEL_400', attempts: 1 }]);
    expect((await history()).at(-1)).toBe(`assistant: ${texts.modelRefusedRequest}`);
  });

  it('stops at the turn’s time, counted over all its tries', async () => {
    await say(word);
    agent.model.script(word, { fault: 'hang' });
    const { turn, lease } = await agent.begin(conversation);
    await agent.room.leases.release(lease);
    await agent.room.prisma.turn.update({ where: { id: turn.id }, data: { spentMs: 59_950 } });
    await run();
    expect(await letters()).toMatchObject([{ reason: 'TURN_TIMEOUT' }]);
    expect((await history()).at(-1)).toBe(`assistant: ${texts.timedOut}`);
  });

  it('claims what the chat’s limit grants, and comes back for the rest', async () => {
    agent.limits.limit = 2;
    for (const part of ['a', 'b', 'c']) await say(`${word} ${part}`);
    expect(await run()).toEqual({ lane: { next: 'now' }, replied: true });
    expect(await states()).toEqual(['done', 'done', 'waiting']);
    const limited = await run();
    expect(limited.lane).toEqual({ next: 'later', delayMs: agent.limits.periodMs });
    agent.windows.now += agent.limits.periodMs;
    await run();
    expect(await states()).toEqual(['done', 'done', 'done']);
    expect(asked()).toHaveLength(2);
  });

  it('leaves the messages waiting while the limit cannot be asked', async () => {
    await say(word);
    agent.windows.state = 'unreachable';
    await expect(run()).rejects.toThrow('limit');
    agent.windows.state = 'reachable';
    expect(await states()).toEqual(['waiting']);
    expect(await run()).toMatchObject({ replied: true });
  });

  it('leaves what waits in a paused conversation, and drops it in a blocked one', async () => {
    await say(word);
    await setStatus('paused');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['waiting']);
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['dropped']);
    expect(asked()).toHaveLength(0);
  });

  it('ends without a reply a turn that was put off or left when its chat was blocked, and settles its events', async () => {
    await say(word);
    agent.model.script(word, { status: 503 });
    expect(await run()).toMatchObject({ lane: { next: 'later' } });
    await say('came later');
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([
      { state: 'cancelled', errorCode: 'CHAT_BLOCKED', finishedAt: expect.any(Date) },
    ]);
    expect(await states()).toEqual(['dropped', 'dropped']);
    expect([await replies(), await letters(), asked().length]).toEqual([[], [], 1]);
    conversation = await agent.room.conversation();
    const left = await agent.begin(conversation, word);
    await agent.room.leases.release(left.lease);
    await setStatus('blocked');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'cancelled' }]);
    expect(await states()).toEqual(['dropped']);
  });

  it.each([
    ['has its answer', { text: 'Too late.' }],
    ['fails for good', { status: 401 }],
  ])('gives no reply when a turn %s after its chat was blocked', async (_name, answer) => {
    await say(word);
    agent.model.script(word, answer);
    const hold = agent.model.hold(word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await say('came meanwhile');
    await setStatus('blocked');
    hold.release();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: false });
    await run();
    expect(await turns()).toMatchObject([{ state: 'cancelled' }]);
    expect(await states()).toEqual(['dropped', 'dropped']);
    expect([await replies(), await letters()]).toEqual([[], []]);
    expect(await history()).toEqual([`user: ${word}`]);
  });

  it('shows the model nothing of a cancelled turn, once the chat is let in again', async () => {
    await say(`${word} ignored`);
    const left = await agent.begin(conversation);
    await agent.room.leases.release(left.lease);
    await setStatus('blocked');
    await run();
    await setStatus('active');
    await say(`${word} again`);
    expect(await run()).toMatchObject({ replied: true });
    expect(shown()).toEqual([`user: ${word} again`]);
  });

  it('lets an unfinished turn of a paused conversation wait, and goes on with it afterwards', async () => {
    await say(word);
    const left = await agent.begin(conversation);
    await agent.room.leases.release(left.lease);
    await setStatus('paused');
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'running', takeovers: 0 }]);
    expect(await states()).toEqual(['claimed']);
    await setStatus('active');
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done' }]);
    expect(await history()).toEqual([`user: ${word}`, `assistant: Echo: ${word}`]);
  });

  it('shows the model nothing of what was said before a reset, and all that came after', async () => {
    await say(`${word} before`);
    await run();
    await say('/reset');
    await say(`${word} after`);
    expect(await run()).toMatchObject({ replied: true });
    expect(shown()).toEqual([`user: ${word} after`]);
    await say(`${word} later`);
    await run();
    expect(shown()).toEqual([`user: ${word} after`, `assistant: Echo: ${word} after`, `user: ${word} later`]);
    expect(await history()).toHaveLength(6);
  });

  it('gives each of several resets in one backlog a beginning of its own, and its messages one grant each', async () => {
    agent.limits.limit = 4;
    await say(`${word} one`);
    await say('/reset');
    await say(`${word} two`);
    await say(`${word} two too`);
    await say('/reset');
    await say('/reset');
    await say(`${word} three`);
    const seen: string[][] = [];
    for (const next of ['now', 'now', 'none']) {
      expect(await run()).toEqual({ lane: { next }, replied: true });
      seen.push(shown());
    }
    expect(seen).toEqual([
      [`user: ${word} one`],
      [`user: ${word} two`, `user: ${word} two too`],
      [`user: ${word} three`],
    ]);
    expect((await turns()).map(({ epoch }) => epoch)).toEqual([0, 1, 3]);
    await say(`${word} four`);
    agent.windows.now += agent.limits.periodMs;
    await run();
    expect(shown()).toEqual([`user: ${word} three`, `assistant: Echo: ${word} three`, `user: ${word} four`]);
  });

  it('answers in the epoch before the last reset what waited behind one that the version before handled', async () => {
    await say(`${word} before`);
    const epochSince = await agent.room.event(conversation, '/reset', { state: 'done' });
    await agent.room.prisma.conversation.update({
      where: { id: conversation.id },
      data: { epoch: { increment: 1 }, epochSince },
    });
    await say(`${word} after`);
    await run();
    expect(shown()).toEqual([`user: ${word} before`]);
    await run();
    expect(shown()).toEqual([`user: ${word} after`]);
    expect((await turns()).map(({ epoch }) => epoch)).toEqual([0, 1]);
  });

  it('keeps the answer of a turn that was running at the reset out of the new beginning', async () => {
    await say(`${word} running`);
    const hold = agent.model.hold(word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await say('/reset');
    await agent.commands.handleWaiting(conversation.id, null);
    hold.release();
    await running;
    await say('anew');
    await run();
    expect(shown()).toEqual(['user: anew']);
  });

  it('begins nothing once the process is asked to end', async () => {
    await say(word);
    const stopping = new Stopping();
    stopping.onModuleDestroy();
    expect(await run(stopping)).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await states()).toEqual(['waiting']);
  });

  it('hands a turn back when the process must end, for the next one to finish', async () => {
    await say(word);
    const hold = agent.model.hold(word);
    const stopping = new Stopping();
    const running = run(stopping);
    await eventually(() => expect(hold.waiting).toBe(1));
    stopping.onModuleDestroy();
    await stopping.beforeApplicationShutdown();
    expect(await running).toEqual({ lane: { next: 'now' }, replied: false });
    expect(await turns()).toMatchObject([{ state: 'running', attempts: 0 }]);
    hold.release();
    expect(await run()).toMatchObject({ replied: true });
    expect(await turns()).toMatchObject([{ state: 'done', attempts: 0 }]);
    expect(await history()).toEqual([`user: ${word}`, `assistant: Echo: ${word}`]);
  });

  it('commits nothing for a conversation that somebody else took over meanwhile', async () => {
    await say(word);
    const hold = agent.model.hold(word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    const next = await agent.room.takeOver(conversation.id);
    hold.release();
    expect(await running).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await history()).toEqual([`user: ${word}`]);
    await agent.room.leases.release(next);
    expect(await run()).toMatchObject({ replied: true });
    expect(await history()).toEqual([`user: ${word}`, `assistant: Echo: ${word}`]);
    expect(await replies()).toHaveLength(1);
  });

  it('gives one answer though the database cut every connection while the model thought', async () => {
    await say(word);
    const hold = agent.model.hold(word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await agent.room.cutConnections();
    hold.release();
    await running.catch(() => undefined);
    await agent.room.expire(conversation.id);
    await run();
    expect(await history()).toEqual([`user: ${word}`, `assistant: Echo: ${word}`]);
    expect(await replies()).toHaveLength(1);
    expect(asked()).toHaveLength(1);
  });

  it('leaves a turn whose end could not be written to the next run, which asks nothing again', async () => {
    await say(word);
    const hold = agent.model.hold(word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await agent.room.pool.query('ALTER TABLE replies RENAME TO replies_away');
    hold.release();
    const outcome = await running.catch((error: unknown) => error);
    await agent.room.pool.query('ALTER TABLE replies_away RENAME TO replies');
    expect(outcome).toBeInstanceOf(Error);
    expect(await history()).toEqual([`user: ${word}`]);
    expect(await states()).toEqual(['claimed']);
    expect(await run()).toMatchObject({ replied: true });
    expect(asked()).toHaveLength(1);
    expect(await history()).toEqual([`user: ${word}`, `assistant: Echo: ${word}`]);
    expect(await replies()).toHaveLength(1);
  });

  it('ends with its conversation, when that is erased while it runs', async () => {
    await say(word);
    const hold = agent.model.hold(word);
    const running = run();
    await eventually(() => expect(hold.waiting).toBe(1));
    await agent.room.prisma.conversation.delete({ where: { id: conversation.id } });
    hold.release();
    expect(await running).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await history()).toEqual([]);
  });

  it('passes over what turns out not to be for the bot', async () => {
    conversation = await agent.room.conversation({ chatId: -conversation.chatId, chatType: 'supergroup' });
    await agent.room.event(conversation, '/start@nobody', { kind: 'message' });
    expect(await run()).toEqual({ lane: { next: 'none' }, replied: false });
    expect(await states()).toEqual(['done']);
    expect(await turns()).toEqual([]);
  });

  it('keeps one of two runs at a time, however often they are begun', async () => {
    for (let round = 0; round < 5; round += 1) {
      await say(`${word} ${round}`);
      await Promise.all([run(), run(), run()]);
    }
    await run();
    const all = await turns();
    expect(all.every(({ state }) => state === 'done')).toBe(true);
    expect((await history()).filter((line) => line.startsWith('user'))).toEqual(
      Array.from({ length: 5 }, (_, round) => `user: ${word} ${round}`),
    );
    expect(await replies()).toHaveLength(all.length);
  });
});

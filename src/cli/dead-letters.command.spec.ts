import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { Room } from '../../test/support/room.js';
import type { Conversation, DeadLetter, Prisma } from '../generated/prisma/client.js';
import { runCli } from './run-cli.js';

let room: Room;
let conversation: Conversation;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.prisma.deadLetter.deleteMany();
  conversation = await room.conversation();
});

/** A call as from a shell: its output and exit code. */
async function cli(...args: string[]) {
  const printed = { out: '', err: '' };
  const environment = () => ({ NODE_ENV: 'test', DATABASE_URL: room.url, LOG_LEVEL: 'silent' });
  const code = await runCli(
    args,
    environment,
    { write: (text) => (printed.out += text) },
    { write: (text) => (printed.err += text) },
  );
  return { code, ...printed };
}

function letter(kind: 'event' | 'turn' | 'reply', subjectId: string, change: object = {}) {
  const data: Prisma.DeadLetterUncheckedCreateInput = {
    id: randomUUID(),
    kind,
    subjectId,
    conversationId: conversation.id,
    reason: 'MODEL_503',
    attempts: 5,
    firstError: 'the first try: 500',
    lastError: 'the last try: 503',
    payload: { events: [{ source: 'telegram', externalId: '4711' }] },
    ...change,
  };
  return room.prisma.deadLetter.create({ data });
}

const failedTurn = () =>
  room.prisma.turn.create({
    data: { id: randomUUID(), conversationId: conversation.id, epoch: 0, state: 'failed', attempts: 5 },
  });
const left = () => room.prisma.deadLetter.count();

describe('dead-letters list', () => {
  it('reports an empty list', async () => {
    expect(await cli('dead-letters', 'list')).toEqual({ code: 0, out: 'no dead letters\n', err: '' });
  });

  it('shows the reason, attempts, first and last error and payload of each, the newest first', async () => {
    const old = await letter('turn', 'a-turn', { createdAt: new Date('2026-01-01T00:00:00Z') });
    const recent = await letter('reply', '17', { firstError: null, payload: undefined });
    const { code, out, err } = await cli('dead-letters', 'list');
    expect([code, err]).toEqual([0, '']);
    expect(out.split('\n')).toEqual([
      `${recent.id}\treply\tMODEL_503\tattempts 5\t${recent.createdAt.toISOString()}`,
      `    reply 17, conversation ${conversation.id}`,
      '    first error: not recorded',
      '    last error: the last try: 503',
      '    payload: none',
      `${old.id}\tturn\tMODEL_503\tattempts 5\t2026-01-01T00:00:00.000Z`,
      `    turn a-turn, conversation ${conversation.id}`,
      '    first error: the first try: 500',
      '    last error: the last try: 503',
      '    payload: {"events":[{"source":"telegram","externalId":"4711"}]}',
      '',
    ]);
  });

  it('lets no error contain control characters, break a line or fill the terminal', async () => {
    await letter('event', '1', { lastError: `\u001b[2Jgone\n\u009b31m${'x'.repeat(5_000)}` });
    const { out } = await cli('dead-letters', 'list');
    expect(out).toMatch(/last error: \\u\{1b\}\[2Jgone \\u\{9b\}31mx+… \(show ID\)\n/);
    expect(out).not.toMatch(/[^\P{Cc}\n\t]/u);
    expect(out.length).toBeLessThan(1_000);
  });
});

describe('dead-letters show', () => {
  it('prints all of one as JSON', async () => {
    const payload = {
      events: Array.from({ length: 100 }, (_, id) => ({ source: 'telegram', externalId: `${id}` })),
    };
    const { id } = await letter('turn', 'a-turn', { payload });
    const { code, out } = await cli('dead-letters', 'show', id);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      id,
      reason: 'MODEL_503',
      attempts: 5,
      firstError: 'the first try: 500',
      lastError: 'the last try: 503',
      payload,
    });
  });
});

describe('dead-letters --json', () => {
  const shape = (letter: DeadLetter) => ({
    id: letter.id,
    kind: letter.kind,
    subjectId: letter.subjectId,
    conversationId: conversation.id,
    reason: 'MODEL_503',
    attempts: 5,
    firstError: letter.firstError,
    lastError: letter.lastError,
    createdAt: letter.createdAt.toISOString(),
    payload: letter.payload,
  });

  it('lists them as the admin API does, whole', async () => {
    expect(JSON.parse((await cli('dead-letters', 'list', '--json')).out)).toEqual({
      items: [],
      hasMore: false,
    });
    const old = await letter('turn', 'a-turn', { createdAt: new Date('2026-01-01T00:00:00Z') });
    const recent = await letter('reply', '17', {
      firstError: null,
      payload: undefined,
      lastError: `\u001b[2J"gone"\n\u202e${'x'.repeat(5_000)}`,
    });
    const { code, out, err } = await cli('dead-letters', 'list', '--json');
    expect([code, err]).toEqual([0, '']);
    expect(JSON.parse(out)).toEqual({ items: [recent, old].map(shape), hasMore: false });
    expect(out).not.toMatch(/[^\P{C}\n]/u);
  });

  it('shows one in the same shape, with the option or without', async () => {
    const one = await letter('turn', 'a-turn');
    const { out } = await cli('dead-letters', 'show', one.id, '--json');
    expect(JSON.parse(out)).toEqual(shape(one));
    expect((await cli('dead-letters', 'show', one.id)).out).toBe(out);
  });
});

describe('dead-letters replay', () => {
  it('replays a turn', async () => {
    const turn = await failedTurn();
    const event = await room.event(conversation, 'hello', { state: 'dead', turnId: turn.id });
    const { id } = await letter('turn', turn.id);
    expect(await cli('dead-letters', 'replay', id.toUpperCase())).toEqual({
      code: 0,
      out: `${id}: put back into its lane\n`,
      err: '',
    });
    expect(await room.prisma.turn.findUnique({ where: { id: turn.id } })).toMatchObject({
      state: 'waiting',
      attempts: 0,
    });
    expect(await room.prisma.event.findUnique({ where: { id: event } })).toMatchObject({ state: 'claimed' });
    expect(await left()).toBe(0);
  });

  it('replays a reply and an event', async () => {
    const reply = await room.prisma.reply.create({
      data: {
        conversationId: conversation.id,
        body: {},
        state: 'failed',
        attempts: 3,
        settledAt: new Date(),
      },
    });
    const event = await room.event(conversation, 'hello', { state: 'dead' });
    for (const { id } of [await letter('reply', String(reply.id)), await letter('event', String(event))]) {
      expect(await cli('dead-letters', 'replay', id)).toMatchObject({ code: 0, err: '' });
    }
    expect(await room.prisma.reply.findUnique({ where: { id: reply.id } })).toMatchObject({
      state: 'pending',
      attempts: 0,
      settledAt: null,
    });
    expect(await room.prisma.event.findUnique({ where: { id: event } })).toMatchObject({ state: 'waiting' });
    expect(await left()).toBe(0);
  });
});

describe('dead-letters discard', () => {
  it('deletes the letter, and leaves the failed work as it is', async () => {
    const turn = await failedTurn();
    const { id } = await letter('turn', turn.id);
    expect(await cli('dead-letters', 'discard', id)).toEqual({ code: 0, out: `${id}: discarded\n`, err: '' });
    expect(await left()).toBe(0);
    expect((await room.prisma.turn.findUnique({ where: { id: turn.id } }))?.state).toBe('failed');
  });
});

describe('The command line', () => {
  it.each(['show', 'replay', 'discard'])(
    'exits with 1 and says so for %s with an unknown id',
    async (action) => {
      await letter('turn', 'a-turn');
      for (const id of [randomUUID(), 'a-turn', '1; DROP TABLE']) {
        const { code, out, err } = await cli('dead-letters', action, id);
        expect([code, out], id).toEqual([1, '']);
        expect(err, id).toContain(id);
        expect(err, id).toMatch(/dead letter.*\n.*list shows which there are\n$/);
      }
      expect(await left()).toBe(1);
    },
  );

  it.each([
    ['nothing to do', [], 'missing command; usage: npm run cli -- dead-letters list|show|replay|discard'],
    [
      'an unknown word',
      ['forget', 'x'],
      "unknown command 'forget'; usage: npm run cli -- dead-letters list|show|replay|discard",
    ],
    [
      'no id',
      ['replay'],
      "missing required argument 'ID'; usage: npm run cli -- dead-letters replay [options] <ID>",
    ],
    ['two ids', ['discard', 'x', 'y'], /^too many arguments for 'discard'.*; usage: .* discard .*<ID>$/],
    ['an id for a list', ['list', 'x'], /^too many arguments for 'list'.*; usage: .* list \[options\]$/],
  ])('exits with 2 and names the mistake in one line with the usage for %s', async (_name, args, said) => {
    const { code, out, err } = await cli('dead-letters', ...args);
    expect([code, out]).toEqual([2, '']);
    const [line, ...rest] = err.split('\n');
    expect(rest).toEqual(['']);
    if (typeof said === 'string') expect(line).toBe(said);
    else expect(line).toMatch(said);
  });

  it('names a wrong setting, and exits with 1', async () => {
    const sink = { write: () => undefined };
    let said = '';
    const code = await runCli(['dead-letters', 'list'], () => ({ PORT: 'x' }), sink, {
      write: (text) => (said += text),
    });
    expect(code).toBe(1);
    expect(said).toContain('PORT');
  });
});

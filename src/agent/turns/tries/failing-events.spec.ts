import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AgentRoom } from '../../../../test/support/agent-room.js';
import { eventually } from '../../../../test/support/eventually.js';
import {
  editUpdate,
  membershipUpdate,
  newChatId,
  nextUpdateId,
  pressUpdate,
  reactionUpdate,
  stopUpdate,
  textUpdate,
} from '../../../../test/support/updates.js';
import type { Conversation, EventKind, EventState } from '../../../generated/prisma/client.js';
import { en } from '../../../platform/i18n/en.js';
import { MAX_ATTEMPTS, MAX_OUTAGES } from './event-failure.js';

let agent: AgentRoom;
let conversation: Conversation;
let chat: number;

/** Makes the database refuse to settle the listed events. */
const POISON = `
  CREATE TABLE poison (event_id bigint PRIMARY KEY, sqlstate text NOT NULL);
  CREATE FUNCTION refuse_poison() RETURNS trigger LANGUAGE plpgsql AS $$
  DECLARE code text := (SELECT sqlstate FROM poison WHERE event_id = NEW.id);
  BEGIN
    IF code IS NOT NULL AND NEW.state NOT IN ('waiting', 'dead') THEN
      RAISE EXCEPTION 'poison' USING ERRCODE = code;
    END IF;
    RETURN NEW;
  END $$;
  CREATE TRIGGER refuse_poison BEFORE UPDATE ON events FOR EACH ROW EXECUTE FUNCTION refuse_poison()`;

beforeAll(async () => {
  agent = await AgentRoom.open();
  await agent.room.pool.query(POISON);
});
afterAll(() => agent.close());
beforeEach(async () => {
  agent.limits.limit = 1_000_000;
  conversation = await agent.room.conversation();
  chat = Number(conversation.chatId);
});

/** Stores an update, as the webhook does. */
async function arrives(kind: EventKind, update: { readonly update_id: number }): Promise<bigint> {
  const { id } = await agent.room.prisma.event.create({
    data: {
      source: 'telegram',
      externalId: String(update.update_id),
      conversationId: conversation.id,
      kind,
      payload: JSON.parse(JSON.stringify(update)),
    },
  });
  return id;
}
async function poison(id: bigint, sqlstate = 'P0001'): Promise<bigint> {
  await agent.room.pool.query('INSERT INTO poison VALUES ($1, $2)', [id, sqlstate]);
  return id;
}
const heal = () => agent.room.pool.query('DELETE FROM poison');
/** Prolongs the pause, so that it lasts on a slow machine. */
const letPauseLast = () =>
  agent.room.pool.query(`UPDATE event_failures SET available_at = deferred_at + interval '1 hour'`);
/** Ends the pause, as time does. */
const letPauseEnd = () => agent.room.pool.query('UPDATE event_failures SET available_at = deferred_at');

const handle = () => agent.commands.handleWaiting(conversation.id, null);
const run = () => agent.runner().run(conversation.id);
async function stateOf(id: bigint): Promise<EventState> {
  return (await agent.room.prisma.event.findUniqueOrThrow({ where: { id } })).state;
}
const failures = () => agent.room.prisma.eventFailure.count({ where: { conversationId: conversation.id } });
const letters = () => agent.room.prisma.deadLetter.findMany({ where: { conversationId: conversation.id } });
async function said(): Promise<string> {
  const where = { conversationId: conversation.id };
  const replies = await agent.room.prisma.reply.findMany({ where, orderBy: { id: 'asc' } });
  return replies.map(({ body }) => JSON.stringify(body)).join('\n');
}
const apology = en.failed.slice(0, 30);

const migration = () => {
  const { message } = textUpdate(chat, '');
  return {
    update_id: nextUpdateId(),
    message: { ...message, text: undefined, migrate_to_chat_id: -1_000_000_000_000 - newChatId() },
  };
};

describe('An event that always fails', () => {
  it.each<
    [
      what: string,
      notified: 'notified' | 'not notified',
      kind: EventKind,
      update: () => { update_id: number },
    ]
  >([
    ['a command', 'notified', 'command', () => textUpdate(chat, '/usage')],
    ['an edit', 'notified', 'edit', () => editUpdate(textUpdate(chat, 'one'), 'two')],
    ['a stopped preview', 'notified', 'command', () => stopUpdate(chat, 7)],
    ['a press', 'not notified', 'command', () => pressUpdate(chat, 'x')],
    ['a reaction', 'not notified', 'command', () => reactionUpdate(chat, 5, { now: '👍' })],
    ['a membership change', 'not notified', 'command', () => membershipUpdate(chat, 'member', 'kicked')],
    ['a migration', 'not notified', 'command', migration],
    ['a message', 'notified', 'message', () => textUpdate(chat, 'poisonous')],
  ])(
    'becomes a dead letter after its tries, and the conversation goes on: %s',
    async (_what, notified, kind, update) => {
      const id = await poison(await arrives(kind, update()));
      const behind = await arrives('message', textUpdate(chat, 'and what of this?'));
      for (let tries = 1; tries < MAX_ATTEMPTS; tries += 1) {
        await run();
        await letPauseLast();
        // Not before its time.
        expect((await run()).lane).toMatchObject({ next: 'later' });
        expect(await agent.room.prisma.eventFailure.findUnique({ where: { eventId: id } })).toMatchObject({
          attempts: tries,
        });
        expect([await stateOf(id), await stateOf(behind)]).toEqual(['waiting', 'waiting']);
        await letPauseEnd();
      }
      // Either lane handles it; a message belongs to one only.
      await (kind === 'message' ? run() : handle());
      expect(await stateOf(id)).toBe('dead');
      expect(await letters()).toMatchObject([
        {
          kind: 'event',
          subjectId: String(id),
          reason: 'EVENT_FAILED',
          attempts: MAX_ATTEMPTS,
          lastError: expect.stringContaining('poison'),
        },
      ]);
      await run();
      expect(await stateOf(behind)).toBe('done');
      expect((await said()).includes(apology)).toBe(notified === 'notified');
      expect(await failures()).toBe(0);
    },
  );

  it('notifies the presser of a button', async () => {
    await poison(await arrives('command', pressUpdate(chat, 'x')));
    for (let tries = 0; tries < MAX_ATTEMPTS; tries += 1) {
      await handle();
      await letPauseEnd();
    }
    await eventually(() => {
      const words = agent.telegram.callsOf('answerCallbackQuery').map(({ params }) => String(params['text']));
      expect(words.some((text) => text.startsWith(apology))).toBe(true);
    });
  });

  it('is handled once its cause is gone, and its failures are deleted', async () => {
    const id = await poison(await arrives('command', textUpdate(chat, '/reset')));
    await handle();
    await heal();
    await letPauseEnd();
    expect((await handle()).replied).toBe(true);
    expect(await stateOf(id)).toBe('done');
    expect((await agent.room.conversations.find(conversation.id))?.epoch).toBe(1);
    expect(await failures()).toBe(0);
  });

  it('has the messages around it claimed, in their order', async () => {
    const before = await arrives('message', textUpdate(chat, 'before'));
    const id = await poison(await arrives('message', textUpdate(chat, 'poisonous')));
    const behind = await arrives('message', textUpdate(chat, 'behind'));
    await run();
    expect([await stateOf(before), await stateOf(id), await stateOf(behind)]).toEqual([
      'done',
      'waiting',
      'waiting',
    ]);
    for (let tries = 0; tries < MAX_ATTEMPTS; tries += 1) {
      await run();
      await letPauseEnd();
    }
    await run();
    expect([await stateOf(id), await stateOf(behind)]).toEqual(['dead', 'done']);
  });

  it('takes one grant of the chat’s limit, however often it is tried, like the messages around it', async () => {
    // A process remembers the limit's grants.
    const runner = agent.runner();
    Object.assign(agent.limits, { limit: 3, periodMs: 3_600_000 });
    const before = await arrives('message', textUpdate(chat, 'before'));
    const id = await poison(await arrives('message', textUpdate(chat, 'poisonous')));
    const behind = await arrives('message', textUpdate(chat, 'behind'));
    for (let tries = 0; tries <= MAX_ATTEMPTS; tries += 1) {
      await runner.run(conversation.id);
      await letPauseEnd();
    }
    await runner.run(conversation.id);
    expect([await stateOf(before), await stateOf(id), await stateOf(behind)]).toEqual([
      'done',
      'dead',
      'done',
    ]);
  });

  it('counts an unreadable payload as a failure like any other, whichever lane reads it', async () => {
    const { channel } = agent;
    const read = channel.read.bind(channel);
    channel.read = (of, payload) => {
      if (JSON.stringify(payload).includes('unreadable')) throw new Error('cannot be read');
      return read(of, payload);
    };
    try {
      const command = await arrives('command', textUpdate(chat, '/unreadable'));
      const message = await arrives('message', textUpdate(chat, 'unreadable'));
      const behind = await arrives('message', textUpdate(chat, 'can be read'));
      for (let tries = 0; tries < 2 * MAX_ATTEMPTS; tries += 1) {
        await run();
        await letPauseEnd();
      }
      await run();
      expect([await stateOf(command), await stateOf(message), await stateOf(behind)]).toEqual([
        'dead',
        'dead',
        'done',
      ]);
      expect(await letters()).toHaveLength(2);
    } finally {
      channel.read = read;
    }
  });

  it('is counted once if two lanes fail with it at the same time', async () => {
    const id = await poison(await arrives('command', textUpdate(chat, '/usage')));
    await Promise.all([handle(), handle(), handle(), run()]);
    expect(await agent.room.prisma.eventFailure.findMany({ where: { eventId: id } })).toMatchObject([
      { attempts: 1 },
    ]);
  });
});

describe('While an event is put off', () => {
  it('a /stop and a press overtake it, and no other event does', async () => {
    const failing = await poison(await arrives('command', textUpdate(chat, '/usage')));
    await handle();
    await letPauseLast();
    const others = await Promise.all([
      arrives('command', textUpdate(chat, '/help')),
      arrives('edit', editUpdate(textUpdate(chat, 'one'), 'two')),
      arrives('command', membershipUpdate(chat, 'member', 'kicked')),
    ]);
    const stop = await arrives('command', textUpdate(chat, '/stop'));
    const press = await arrives('command', pressUpdate(chat, 'x'));
    expect((await handle()).heldUpMs).toBeGreaterThan(0);
    expect([await stateOf(stop), await stateOf(press)]).toEqual(['done', 'done']);
    for (const id of [failing, ...others]) expect(await stateOf(id)).toBe('waiting');
  });

  it('a running turn goes on', async () => {
    const { turn, lease } = await agent.begin(conversation, 'hello');
    await agent.room.leases.release(lease);
    await poison(await arrives('command', textUpdate(chat, '/usage')));
    await run();
    expect(await agent.room.prisma.turn.findUnique({ where: { id: turn.id } })).toMatchObject({
      state: 'done',
    });
  });
});

describe('A message that cannot be claimed', () => {
  it('does not end the turn that it would join in the mode steer', async () => {
    conversation = await agent.room.conversation({ busyMode: 'steer' });
    chat = Number(conversation.chatId);
    const call = { calls: [{ name: 'nothing', arguments: {} }] };
    agent.model.script('steered', call, { text: 'Answered all the same' });
    const held = agent.model.hold('steered');
    await arrives('message', textUpdate(chat, 'steered'));
    const running = run();
    await eventually(() => expect(held.waiting).toBe(1));
    const id = await poison(await arrives('message', textUpdate(chat, 'poisonous')));
    held.release();
    await running;
    expect(await said()).toContain('Answered all the same');
    expect(await stateOf(id)).toBe('waiting');
  });
});

describe('The database’s own failure', () => {
  it('is no try of the event, but ends an event after an hour of nothing else', async () => {
    // The database is out of connections.
    const id = await poison(await arrives('command', textUpdate(chat, '/usage')), '53300');
    for (let tries = 0; tries < 2 * MAX_ATTEMPTS; tries += 1) {
      await handle();
      await letPauseEnd();
    }
    const failure = { where: { eventId: id } };
    expect(await agent.room.prisma.eventFailure.findUnique(failure)).toMatchObject({
      attempts: 0,
      outages: 2 * MAX_ATTEMPTS,
    });
    expect(await stateOf(id)).toBe('waiting');
    await agent.room.prisma.eventFailure.update({ ...failure, data: { outages: MAX_OUTAGES - 1 } });
    await handle();
    expect(await letters()).toMatchObject([{ reason: 'EVENT_OUTAGES', attempts: MAX_OUTAGES }]);
  });

  it('throws if the failure cannot be recorded', async () => {
    const id = await poison(await arrives('command', textUpdate(chat, '/usage')), '53300');
    await agent.room.pool.query('ALTER TABLE event_failures RENAME COLUMN outages TO away');
    const outcome = await handle().catch((error: unknown) => error);
    await agent.room.pool.query('ALTER TABLE event_failures RENAME COLUMN away TO outages');
    expect(outcome).toBeInstanceOf(Error);
    expect(await stateOf(id)).toBe('waiting');
  });
});

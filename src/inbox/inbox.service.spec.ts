import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { type InboxWishes, inboxOf } from '../../test/support/inbox.js';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import { newChatId, textUpdate } from '../../test/support/updates.js';
import { en } from '../platform/i18n/en.js';
import { RetryLaterError } from '../platform/errors/errors.js';
import { Prisma } from '../generated/prisma/client.js';
import type { InboxService } from './inbox.service.js';
import { PolledUpdates } from './polled-updates.js';

let room: Room;
let lanes: Lanes;
let inbox: InboxService;
let chat: number;
const allowed = 4_242;

beforeAll(async () => {
  room = await Room.open();
  lanes = await Lanes.open('postgresql', room.url);
  inbox = newInbox();
});
afterAll(async () => {
  await lanes.close();
  await room.close();
});
beforeEach(() => {
  chat = newChatId();
});

const newInbox = (wishes: InboxWishes = {}) => inboxOf(room, lanes.waker, wishes);

const accept = (update: object, door = inbox) => door.accept('telegram', update, JSON.stringify(update));
const say = (text: string, door = inbox) => accept(textUpdate(chat, text), door);
const stored = () =>
  room.rows<{ state: string; kind: string; text: string | null }>(
    `SELECT e.state, e.kind, e.payload #>> '{message,text}' AS text FROM events e
     JOIN conversations c ON c.id = e.conversation_id WHERE c.chat_id = $1 ORDER BY e.id`,
    [chat],
  );
const idOf = async () =>
  (await room.rows<{ id: string }>('SELECT id FROM conversations WHERE chat_id = $1', [chat]))[0]?.id ?? '';

const unconfirmed = () => room.rows('SELECT FROM unconfirmed_events');

/** The lane of the conversation has a job. */
async function isWoken(): Promise<void> {
  const id = await idOf();
  await eventually(async () => {
    const jobs = await lanes.queues.turns.getJobs(['waiting']);
    expect(jobs.map(({ data }) => data.conversationId)).toContain(id);
  });
}

/** JSON nested deeper than any parser's stack, as text: no program can write it from a value. */
function deepUpdate(depth: number): { payload: object; text: string } {
  const update = textUpdate(chat, 'deep');
  const text = JSON.stringify(update).replace(
    '"text":',
    `"deep":${'['.repeat(depth)}${']'.repeat(depth)},"text":`,
  );
  return { payload: JSON.parse(text), text };
}

describe('Inbox', () => {
  it('wakes the lane of commands for what is handled without the model, and none for a duplicate', async () => {
    const jobsOf = async (lane: 'turns' | 'commands') => {
      const id = await idOf();
      const jobs = await lanes.queues[lane].getJobs(['waiting']);
      return jobs.filter(({ data }) => data.conversationId === id).length;
    };
    const update = textUpdate(chat, '/usage');
    expect(await accept(update)).toBe('queued');
    await eventually(async () => expect(await jobsOf('commands')).toBe(1));
    expect(await jobsOf('turns')).toBe(0);
    await lanes.rest();
    expect(await accept(update)).toBe('duplicate');
    // A later wake-up is there: an earlier one would be too.
    const other = newChatId();
    expect(await accept(textUpdate(other, 'hello'))).toBe('queued');
    await eventually(async () => expect(await lanes.queues.turns.getJobs(['waiting'])).toHaveLength(1));
    expect(await jobsOf('commands')).toBe(0);
    expect(await jobsOf('turns')).toBe(0);
  });

  it('accepts an update once, and wakes the lane of its conversation', async () => {
    const update = textUpdate(chat, 'hello');
    expect(await Promise.all(Array.from({ length: 20 }, () => accept(update)))).toEqual(
      expect.arrayContaining(['queued', 'duplicate']),
    );
    expect(await accept(update)).toBe('duplicate');
    expect(await stored()).toEqual([{ state: 'waiting', kind: 'message', text: 'hello' }]);
    await isWoken();
  });

  it('keeps the order of arrival, also beside chats it has never seen', async () => {
    const said = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    const outcomes = await Promise.all(
      said.flatMap((text) => [say(text), accept(textUpdate(newChatId(), 'somebody new'))]),
    );
    expect(new Set(outcomes)).toEqual(new Set(['queued']));
    expect((await stored()).map(({ text }) => text)).toEqual(said);
  });

  it('accepts updates of a chat whose conversation another process is making, and lets none overtake them', async () => {
    await say('known');
    // In the same line of commits: every second chat is.
    const steeringMessage = [newChatId(), newChatId()].find((id) => (id - chat) % 2 === 0);
    if (steeringMessage === undefined) throw new Error('no chat of that line');
    const client = await room.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO conversations (id, channel, chat_id, chat_type) VALUES (gen_random_uuid(), 'telegram', $1, 'private')`,
      [steeringMessage],
    );
    const first = [
      accept(textUpdate(steeringMessage, 'hi')),
      say('first'),
      accept(textUpdate(steeringMessage, 'there')),
    ];
    expect(await Promise.all(first)).toEqual(['queued', 'queued', 'queued']);
    await client.query('COMMIT');
    client.release();
    expect(await Promise.all([accept(textUpdate(steeringMessage, '!')), say('second')])).toEqual([
      'queued',
      'queued',
    ]);
    expect((await stored()).map(({ text }) => text)).toEqual(['known', 'first', 'second']);
    chat = steeringMessage;
    expect((await stored()).map(({ text }) => text)).toEqual(['hi', 'there', '!']);
    await isWoken();
  });

  it('accepts updates while a conversation is locked, from the webhook and from a poll', async () => {
    await say('known');
    const mine = async (text: string) => await say(text);
    const others = () => Array.from({ length: 20 }, () => textUpdate(newChatId(), 'somebody else'));
    await room.whileLocked('SELECT FROM conversations WHERE chat_id = $1 FOR UPDATE', [chat], async () => {
      const outcomes = await Promise.all([mine('1'), ...others().map((update) => accept(update)), mine('2')]);
      expect(new Set(outcomes)).toEqual(new Set(['queued']));
      await new PolledUpdates(inbox).accept('telegram', [...others(), textUpdate(chat, '3'), ...others()]);
      // Another process knows neither the conversation nor what happens to it.
      expect(await say('4', newInbox())).toBe('queued');
    });
    expect(await say('5')).toBe('queued');
    expect((await stored()).map(({ text }) => text)).toEqual(['known', '1', '2', '3', '4', '5']);
    await eventually(async () => expect(await unconfirmed()).toEqual([]));
    await isWoken();
  });

  it('wakes the lane of a locked conversation once it is unlocked', async () => {
    const { id } = await room.conversation({ chatId: String(chat) });
    await room.whileLocked('SELECT FROM conversations WHERE id = $1 FOR UPDATE', [id], async () => {
      expect(await say('hello')).toBe('queued');
    });
    await isWoken();
  });

  it('keeps group messages that came while their conversation was locked, once it is unlocked', async () => {
    chat = -chat;
    await say('@a_bot begin');
    await room.pool.query('UPDATE conversations SET context_messages = 5 WHERE chat_id = $1', [chat]);
    let kept: Promise<unknown> = Promise.resolve();
    await room.whileLocked('SELECT FROM conversations WHERE chat_id = $1 FOR UPDATE', [chat], async () => {
      kept = say('among us');
      expect(await say('@a_bot hello')).toBe('queued');
    });
    expect(await kept).toBe('kept');
  });

  it('holds up no poll for group messages while their conversation is locked, and keeps them as well', async () => {
    chat = -chat;
    await say('@a_bot begin');
    await room.pool.query('UPDATE conversations SET context_messages = 5 WHERE chat_id = $1', [chat]);
    const polled = new PolledUpdates(inbox);
    await room.whileLocked('SELECT FROM conversations WHERE chat_id = $1 FOR UPDATE', [chat], async () => {
      await polled.accept('telegram', [textUpdate(chat, 'among us')]);
    });
    await eventually(async () =>
      expect(
        await room.rows(
          `SELECT o.text FROM group_context_messages o JOIN conversations c ON c.id = o.conversation_id WHERE c.chat_id = '${chat}'`,
        ),
      ).toHaveLength(1),
    );
  });

  it('accepts slash commands for the lane that needs no model, from strangers too', async () => {
    expect(await say('/help')).toBe('queued');
    expect(await say('hello', newInbox({ allowedChats: [String(allowed)] }))).toBe('queued');
    expect((await stored()).map(({ kind }) => kind)).toEqual(['command', 'command']);
  });

  it('ignores updates that are not messages, and stores nothing of them', async () => {
    expect(await accept({ update_id: 5, poll: { id: '1' } })).toBe('ignored');
    expect(await stored()).toEqual([]);
  });

  it('drops a payload that PostgreSQL cannot take, and queues its neighbours', async () => {
    const deep = deepUpdate(500_000);
    const outcomes = await Promise.all([
      say('before'),
      inbox.accept('telegram', deep.payload, deep.text),
      say('after'),
    ]);
    expect(outcomes).toEqual(['queued', 'dropped', 'queued']);
    expect(await stored()).toMatchObject([
      { state: 'waiting', text: 'before' },
      { state: 'dropped', text: null },
      { state: 'waiting', text: 'after' },
    ]);
    expect(await inbox.accept('telegram', deep.payload, deep.text)).toBe('duplicate');
  });

  it('drops a payload that cannot be written as JSON again, from the webhook and from a poll', async () => {
    const { payload, text } = deepUpdate(100_000);
    expect(
      await inbox.accept('telegram', payload, text.replace('"deep"', '"a\\u0000b":"\\u0000","deep"')),
    ).toBe('dropped');
    chat = newChatId();
    const deep = deepUpdate(100_000);
    await new PolledUpdates(inbox).accept('telegram', [
      textUpdate(chat, 'one'),
      deep.payload,
      textUpdate(chat, 'two'),
    ]);
    expect((await stored()).map(({ state }) => state)).toEqual(['waiting', 'dropped', 'waiting']);
  });

  it('stores NUL and half a surrogate pair in a form that PostgreSQL can read', async () => {
    const update = textUpdate(chat, 'a\u0000b\ud800c');
    expect(await accept(update)).toBe('queued');
    expect(await stored()).toMatchObject([{ text: 'ab\ufffdc' }]);
  });

  it('drops messages past the backlog limit, notifies the chat once, and accepts again when there is room', async () => {
    const door = newInbox({ backlogLimit: 3 });
    const outcomes = await Promise.all(Array.from({ length: 6 }, (_, index) => say(`${index}`, door)));
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'dropped', 'dropped', 'dropped']);
    expect(await say('/help', door)).toBe('queued');
    const conversationId = await idOf();
    const notices = () => room.prisma.reply.findMany({ where: { conversationId } });
    await eventually(async () => expect(await notices()).toHaveLength(1));
    expect(JSON.stringify((await notices())[0]?.body)).toContain(en.overflow.slice(0, 40));
    expect(await say('still', door)).toBe('dropped');
    await room.pool.query(
      `UPDATE events SET state = 'done' WHERE conversation_id = $1 AND state = 'waiting'`,
      [conversationId],
    );
    expect(await say('again', door)).toBe('queued');
    expect(await notices()).toHaveLength(1);
  });

  it('makes a new conversation after the last one was erased', async () => {
    await say('before');
    const old = await idOf();
    await room.prisma.event.updateMany({
      where: { conversationId: old },
      data: { state: 'erased', conversationId: null },
    });
    await room.prisma.conversation.delete({ where: { id: old } });
    expect(await Promise.all([say('after'), accept(textUpdate(newChatId(), 'hi'))])).toEqual([
      'queued',
      'queued',
    ]);
    expect(await idOf()).not.toBe(old);
    expect((await stored()).map(({ text }) => text)).toEqual(['after']);
  });

  it('puts updates that arrive during the erasure of their conversation into the next one, in order', async () => {
    await say('before');
    const old = await idOf();
    const client = await room.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `UPDATE events SET state = 'erased', conversation_id = NULL WHERE conversation_id = $1`,
      [old],
    );
    await client.query('DELETE FROM conversations WHERE id = $1', [old]);
    expect(await Promise.all([say('meanwhile'), say('still')])).toEqual(['queued', 'queued']);
    await client.query('COMMIT');
    client.release();
    // A process that has never seen the chat, and may store before any look-up.
    expect(await say('after', newInbox())).toBe('queued');
    expect((await stored()).map(({ text }) => text)).toEqual(['meanwhile', 'still', 'after']);
    expect(await idOf()).not.toBe(old);
    await isWoken();
  });

  it('does not bring an erased conversation back when one of its updates is delivered again', async () => {
    const update = textUpdate(chat, 'erase me');
    await accept(update);
    const old = await idOf();
    await room.prisma.event.updateMany({
      where: { conversationId: old },
      data: { state: 'erased', conversationId: null, payload: Prisma.DbNull },
    });
    await room.prisma.conversation.delete({ where: { id: old } });
    expect(await accept(update)).toBe('duplicate');
    const neighbour = textUpdate(newChatId(), 'hi');
    expect(await Promise.all([accept(update, newInbox()), accept(neighbour)])).toEqual([
      'duplicate',
      'queued',
    ]);
    expect(await idOf()).toBe('');
  });

  describe('keeps the order of a chat', () => {
    const others = (count: number) =>
      Array.from({ length: count }, () => textUpdate(2 * newChatId(), 'somebody else'));

    it('when one part of a polled batch cannot be stored', async () => {
      chat *= 2;
      const [failing = textUpdate(chat, '')] = others(1);
      await room.pool.query(`
        CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
          BEGIN RAISE EXCEPTION 'terminating connection' USING ERRCODE = '57P01'; END $$;
        CREATE TRIGGER fail BEFORE INSERT ON events FOR EACH ROW
          WHEN (NEW.external_id = '${failing.update_id}') EXECUTE FUNCTION fail()`);
      // Three bots' batches, in the two commits of one line; the first commit fails.
      const mine = [textUpdate(chat, 'first'), ...others(98), textUpdate(chat, 'second')];
      const polled = new PolledUpdates(inbox);
      const batches = [[failing, ...others(99)], others(100), mine];
      const outcomes = await Promise.allSettled(batches.map((batch) => polled.accept('telegram', batch)));
      expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
      expect(await stored()).toEqual([]);
      await room.pool.query('DROP FUNCTION fail CASCADE');
      for (const batch of batches) await polled.accept('telegram', batch);
      expect((await stored()).map(({ text }) => text)).toEqual(['first', 'second']);
    });

    it('when one update cannot be stored and its neighbours can', async () => {
      const updates = [textUpdate(chat, '1'), textUpdate(chat, '2'), textUpdate(chat, '3')] as const;
      const [first, second, third] = updates;
      const neighbour = textUpdate(chat + 2, 'neighbour');
      const inHands = `INSERT INTO events (source, external_id, kind) VALUES ('telegram', $1, 'message')`;
      await room.whileLocked(inHands, [String(second.update_id)], async () => {
        const outcomes = await Promise.allSettled(
          [first, second, neighbour, third].map((update) => accept(update)),
        );
        expect(outcomes.map(({ status }) => status)).toEqual([
          'fulfilled',
          'rejected',
          'fulfilled',
          'rejected',
        ]);
      });
      expect(await Promise.all(updates.map((update) => accept(update)))).toEqual([
        'duplicate',
        'queued',
        'queued',
      ]);
      expect((await stored()).map(({ text }) => text)).toEqual(['1', '2', '3']);
    });
  });

  it('recognises a duplicate while a turn claims its event', async () => {
    const update = textUpdate(newChatId(), 'claimed');
    expect(await accept(update)).toBe('queued');
    const claim = `UPDATE events SET state = 'claimed' WHERE source = 'telegram' AND external_id = $1`;
    await room.whileLocked(claim, [String(update.update_id)], async () => {
      expect(await accept(update)).toBe('duplicate');
    });
  });

  it('asks for a retry while the database refuses, and stores each update once afterwards', async () => {
    await say('known');
    await room.pool.query('ALTER TABLE events RENAME TO events_away');
    const update = textUpdate(chat, 'later');
    const outcome = await accept(update).catch((error: unknown) => error);
    await room.pool.query('ALTER TABLE events_away RENAME TO events');
    expect(outcome).toBeInstanceOf(RetryLaterError);
    expect(await accept(update)).toBe('queued');
    expect(await stored()).toHaveLength(2);
  });

  it('keeps the order of a group that has every message answered', async () => {
    chat = -chat;
    await say('@a_bot begin');
    await room.pool.query('UPDATE conversations SET answers_all = true WHERE chat_id = $1', [chat]);
    await Promise.all(['1', '@a_bot 2', '3'].map((text) => say(text)));
    expect((await stored()).slice(1).map(({ text }) => text)).toEqual(['1', '@a_bot 2', '3']);
  });
});

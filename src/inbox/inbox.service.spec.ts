import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Lanes } from '../../test/support/lanes.js';
import { Room } from '../../test/support/room.js';
import { telegramChannel } from '../../test/support/telegram-channel.js';
import { newChatId, textUpdate } from '../../test/support/updates.js';
import { en } from '../texts/en.js';
import { ChatLimitSettings } from '../config/chat-limit.settings.js';
import { DraftRepository } from '../delivery/draft.repository.js';
import { Outbox } from '../delivery/outbox.js';
import { RetryLaterError } from '../errors/errors.js';
import { Metrics } from '../observability/metrics.js';
import { ConversationDirectory } from './conversation-directory.js';
import { EventRepository } from './event.repository.js';
import { Inbox } from './inbox.service.js';
import { GroupSettings } from '../config/group.settings.js';
import { OverheardRepository } from '../memory/overheard.repository.js';
import { Clock } from '../runtime/clock.js';
import { Doorkeeper } from '../access/doorkeeper.js';
import { StandingRepository } from '../access/standing.repository.js';
import { AccessSettings } from '../config/access.settings.js';
import { Overhearing } from './overhearing.js';
import { UnusedUpdates } from './unused-updates.js';
import { OverflowNotice } from './overflow-notice.js';
import { PolledUpdates } from './polled-updates.js';

let room: Room;
let lanes: Lanes;
let inbox: Inbox;
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

function newInbox({ backlogLimit = 100_000, allowedChats = [] as string[] } = {}): Inbox {
  const channel = telegramChannel({ token: '1:unused', root: 'http://127.0.0.1:9' }, { allowedChats });
  const limits = Object.assign(new ChatLimitSettings(), { backlogLimit });
  const notice = new OverflowNotice(
    room.prisma,
    room.conversations,
    new Outbox(channel, new DraftRepository(room.prisma, room.leases)),
    lanes.waker,
  );
  const groups = new GroupSettings();
  const directory = new ConversationDirectory(room.conversations);
  const metrics = new Metrics();
  return new Inbox(
    channel,
    directory,
    new EventRepository(room.pool),
    lanes.waker,
    notice,
    new UnusedUpdates(channel, metrics),
    new Overhearing(
      channel,
      new OverheardRepository(room.pool, groups),
      directory,
      new Doorkeeper(channel, new StandingRepository(room.prisma), new AccessSettings()),
      groups,
      new Clock(),
    ),
    limits,
    metrics,
  );
}

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
  it('takes an update once, and wakes the lane of its conversation', async () => {
    const update = textUpdate(chat, 'hello');
    expect(await Promise.all(Array.from({ length: 20 }, () => accept(update)))).toEqual(
      expect.arrayContaining(['queued', 'duplicate']),
    );
    expect(await accept(update)).toBe('duplicate');
    expect(await stored()).toEqual([{ state: 'waiting', kind: 'message', text: 'hello' }]);
    const id = await idOf();
    await eventually(async () => {
      const jobs = await lanes.queues.turns.getJobs(['waiting']);
      expect(jobs.map(({ data }) => data.conversationId)).toContain(id);
    });
  });

  it('keeps the order of arrival, also beside chats it has never seen', async () => {
    const said = Array.from({ length: 300 }, (_, index) => `message ${index}`);
    const outcomes = await Promise.all(
      said.flatMap((text) => [say(text), accept(textUpdate(newChatId(), 'somebody new'))]),
    );
    expect(new Set(outcomes)).toEqual(new Set(['queued']));
    expect((await stored()).map(({ text }) => text)).toEqual(said);
  });

  it('lets no message overtake one of its chat that waits for the database', async () => {
    await say('known');
    // Of the same line of commits: every second chat is.
    const newcomer = [newChatId(), newChatId()].find((id) => (id - chat) % 2 === 0);
    if (newcomer === undefined) throw new Error('no chat of that line');
    const client = await room.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `INSERT INTO conversations (id, channel, chat_id, chat_type) VALUES (gen_random_uuid(), 'telegram', $1, 'private')`,
      [newcomer],
    );
    const first = Promise.all([accept(textUpdate(newcomer, 'hi')), say('first')]);
    await room.somebodyWaitsForALock();
    const second = say('second');
    await new Promise((resolve) => setImmediate(resolve));
    await client.query('COMMIT');
    client.release();
    await first;
    await second;
    expect((await stored()).map(({ text }) => text)).toEqual(['known', 'first', 'second']);
  });

  it('takes slash commands for the lane that needs no model, and strangers too', async () => {
    expect(await say('/help')).toBe('queued');
    expect(await say('hello', newInbox({ allowedChats: [String(allowed)] }))).toBe('queued');
    expect((await stored()).map(({ kind }) => kind)).toEqual(['command', 'command']);
  });

  it('has no use for what is no message, and stores nothing of it', async () => {
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

  it('drops what cannot even be written as JSON again, from the webhook and from a poll', async () => {
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

  it('stores NUL and half a surrogate pair as PostgreSQL can read them', async () => {
    const update = textUpdate(chat, 'a\u0000b\ud800c');
    expect(await accept(update)).toBe('queued');
    expect(await stored()).toMatchObject([{ text: 'ab\ufffdc' }]);
  });

  it('drops what is past the backlog limit, tells the chat once, and lets in again when there is room', async () => {
    const door = newInbox({ backlogLimit: 3 });
    const outcomes = await Promise.all(Array.from({ length: 6 }, (_, index) => say(`${index}`, door)));
    expect(outcomes).toEqual(['queued', 'queued', 'queued', 'dropped', 'dropped', 'dropped']);
    expect(await say('/help', door)).toBe('queued');
    const conversationId = await idOf();
    const told = () => room.prisma.reply.findMany({ where: { conversationId } });
    await eventually(async () => expect(await told()).toHaveLength(1));
    expect(JSON.stringify((await told())[0]?.body)).toContain(en.overflow.slice(0, 40));
    expect(await say('still', door)).toBe('dropped');
    await room.pool.query(
      `UPDATE events SET state = 'done' WHERE conversation_id = $1 AND state = 'waiting'`,
      [conversationId],
    );
    expect(await say('again', door)).toBe('queued');
    expect(await told()).toHaveLength(1);
  });

  it('makes a conversation anew that was erased since it was last seen', async () => {
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

  it('stores what arrives in the very moment in which its conversation is erased', async () => {
    await say('before');
    const old = await idOf();
    const client = await room.pool.connect();
    await client.query('BEGIN');
    await client.query(
      `UPDATE events SET state = 'erased', conversation_id = NULL WHERE conversation_id = $1`,
      [old],
    );
    await client.query('DELETE FROM conversations WHERE id = $1', [old]);
    const outcome = say('meanwhile');
    await room.somebodyWaitsForALock();
    await client.query('COMMIT');
    client.release();
    expect(await outcome).toBe('queued');
    expect((await stored()).map(({ text }) => text)).toEqual(['meanwhile']);
  });

  it('asks to try later while the database refuses, and stores nothing twice after it', async () => {
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

import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatId, NO_THREAD, UserId } from '../channel/ids.js';
import { pairingParts } from '../../test/support/access-parts.js';
import { Room } from '../../test/support/room.js';
import { newChatId, newUserId } from '../../test/support/updates.js';
import type { Sender } from '../channel/inbound.js';
import type { Conversation, Reply } from '../generated/prisma/client.js';
import { de } from '../platform/i18n/de.js';
import { en } from '../platform/i18n/en.js';
import { MAX_OF_ONE, MAX_PENDING } from './pairing-decision.js';
import type { PairingEnd } from './pairing.repository.js';

const operator = { key: 'admin', name: null };
const owner = newChatId();

let room: Room;
let access: ReturnType<typeof pairingParts>;
let conversation: Conversation;

beforeAll(async () => {
  room = await Room.open();
  access = pairingParts(room, owner);
});
afterAll(() => room.close());
beforeEach(async () => {
  await room.prisma.pairing.deleteMany();
  await room.prisma.personAccess.deleteMany();
  conversation = await room.conversation();
});

const sender = (userId: string, languageCode = 'en'): Sender => ({
  userId: UserId(userId),
  isChat: userId.startsWith('-'),
  firstName: 'Ada',
  lastName: null,
  username: 'ada',
  languageCode,
});
const chatOf = ({ chatId, chatType: type, title }: Conversation) => {
  return { chatId: ChatId(chatId), threadId: NO_THREAD, via: null, type, title, username: null };
};
/** A person without access writes. */
const write = (to = conversation, from = sender(to.chatId)) =>
  room.prisma.$transaction((tx) =>
    access.pairings.request(tx, to.id, { channel: 'telegram', chat: chatOf(to), sender: from }),
  );
const textsOf = async ({ id }: Pick<Conversation, 'id'>) => {
  const replies = await room.prisma.reply.findMany({ where: { conversationId: id }, orderBy: { id: 'asc' } });
  return replies.map(({ body }: Reply) => JSON.stringify(body));
};
const pairing = () => room.prisma.pairing.findFirstOrThrow({ where: { conversationId: conversation.id } });
const ageBy = (interval: string) =>
  room.pool.query(
    `UPDATE pairings SET created_at = created_at - $1::interval, expires_at = expires_at - $1::interval,
       notified_at = notified_at - $1::interval, decided_at = decided_at - $1::interval`,
    [interval],
  );
const decide = async (end: Exclude<PairingEnd, 'expired'>) =>
  access.pairings.decide((await pairing()).id, end, operator);
const evaluate = (userId: string) =>
  room.prisma.$transaction((tx) =>
    access.accessPolicy.evaluate(
      { channel: 'telegram', chat: chatOf(conversation), sender: sender(userId) },
      tx,
    ),
  );
const ownersChat = () =>
  room.prisma.conversation.findFirstOrThrow({ where: { chatId: String(owner), channel: 'telegram' } });

describe('An access request', () => {
  it('is answered with its code once, however many messages arrive at the same time', async () => {
    const answers = await Promise.all(Array.from({ length: 8 }, () => write()));
    expect(answers.filter(Boolean)).toHaveLength(1);
    const { code } = await pairing();
    expect(await textsOf(conversation)).toEqual([expect.stringContaining(code)]);
  });

  it('is answered with the same code again after a while, and with a new one after it has expired', async () => {
    await write();
    const { code } = await pairing();
    await ageBy('11 minutes');
    expect([await write(), await write()]).toEqual([true, false]);
    await ageBy('1 hour');
    expect([await write(), await write()]).toEqual([true, false]);
    const { code: next } = await pairing();
    expect(next).not.toBe(code);
    expect(await textsOf(conversation)).toEqual(
      [code, code, next].map((one) => expect.stringContaining(one)),
    );
    expect(await room.prisma.pairing.count()).toBe(1);
  });

  it('is limited to a few for each person, and leaves room for others', async () => {
    const groups = async (from: (group: Conversation) => Sender) => {
      for (let count = 0; count < MAX_PENDING; count += 1) {
        const group = await room.conversation({ chatId: String(-newChatId()), chatType: 'supergroup' });
        await write(group, from(group));
      }
    };
    const one = sender(newUserId());
    await groups(() => one);
    expect(await room.prisma.pairing.count()).toBe(MAX_OF_ONE);
    // An anonymous admin has the group's own id.
    await groups(({ chatId }) => sender(chatId));
    expect(await room.prisma.pairing.count()).toBe(2 * MAX_OF_ONE);
    await write();
    expect(await textsOf(conversation)).toEqual([expect.stringContaining((await pairing()).code)]);
  });

  it('is refused if too many wait, with one notice', async () => {
    const others = Array.from({ length: MAX_PENDING }, () => room.conversation());
    await Promise.all((await Promise.all(others)).map((other) => write(other)));
    expect([await write(), await write()]).toEqual([true, false]);
    expect(await textsOf(conversation)).toEqual([expect.stringContaining('Sorry, this bot is private')]);
    expect(await room.prisma.pairing.count()).toBe(MAX_PENDING);
    await ageBy('2 hours');
    expect(await write()).toBe(true);
  });

  it('among many at once keeps within the limit of open ones', async () => {
    const others = await Promise.all(Array.from({ length: MAX_PENDING + 5 }, () => room.conversation()));
    await Promise.all(others.map((other) => write(other)));
    expect(await room.prisma.pairing.count()).toBe(MAX_PENDING);
  });
});

describe('Owners and admins', () => {
  it('are asked once each, in their own chats, even if several processes ask', async () => {
    const admin = newUserId();
    await room.prisma.personAccess.create({ data: { channel: 'telegram', userId: admin, role: 'admin' } });
    await write();
    const { id, code } = await pairing();
    const notified = (await Promise.all([1, 2, 3].map(() => access.questions.run()))).flat();
    expect(notified).toHaveLength(2);
    for (const conversationId of notified) {
      const questions = await room.prisma.reply.findMany({ where: { conversationId, questionId: id } });
      expect(questions.map(({ body }) => JSON.stringify(body))).toEqual([expect.stringContaining(code)]);
    }
    expect(notified).toContain((await ownersChat()).id);
  });

  it('are not asked about decided requests, and see their outcome', async () => {
    await write();
    await access.questions.run();
    const { id } = await pairing();
    await decide('approved');
    const questions = await room.prisma.reply.findMany({ where: { questionId: id } });
    expect(questions.map(({ body }) => JSON.stringify(body))).toEqual([
      expect.stringContaining('Approved by the operator'),
    ]);
    expect(JSON.stringify(questions[0]?.body)).not.toContain('pairing:');
    conversation = await room.conversation();
    await write();
    await decide('denied');
    expect(await access.questions.run()).toEqual([]);
  });

  it('see when a request has expired, and can no longer decide it', async () => {
    await write();
    await access.questions.run();
    await ageBy('1 hour');
    const { id } = await pairing();
    expect(await decide('approved')).toBeNull();
    await access.questions.run();
    expect((await pairing()).state).toBe('expired');
    const [question] = await room.prisma.reply.findMany({ where: { questionId: id } });
    expect(JSON.stringify(question?.body)).toContain('Nobody answered in time');
    expect(await evaluate(conversation.chatId)).toBe('pair');
  });
});

describe('A decision', () => {
  it('grants a person access and welcomes them in their language', async () => {
    await write(conversation, sender(conversation.chatId, 'de-AT'));
    expect(await evaluate(conversation.chatId)).toBe('pair');
    expect(await decide('approved')).toMatchObject({ state: 'approved', decidedBy: 'admin' });
    expect(await evaluate(conversation.chatId)).toBe('serve');
    expect((await textsOf(conversation)).at(-1)).toContain(de.pairing.welcome.slice(0, 20));
  });

  it('has one effect, however many decide at once: presses on two machines, the command line, the admin API', async () => {
    for (let round = 0; round < 5; round += 1) {
      conversation = await room.conversation();
      await write();
      const { id } = await pairing();
      const press = (verdict: string) =>
        room.prisma.$transaction((tx) => {
          const by = { ...sender(String(owner)) };
          return access.pairings.press(
            tx,
            { id: '1', data: `pairing:${verdict}:${id}` },
            { channel: 'telegram', sender: by },
          );
        });
      const results = await Promise.all([
        press('yes'),
        press('no'),
        press('yes'),
        access.pairings.decide(id, 'denied', { key: 'cli', name: null }),
        access.pairings.decide(id, 'approved', operator),
      ]);
      const pressed = results
        .slice(0, 3)
        .filter((one) => one && 'words' in one && one.conversationId !== null);
      const commanded = results.slice(3).filter((one) => one !== null);
      expect(pressed.length + commanded.length).toBe(1);
      expect(await textsOf(conversation)).toHaveLength(2);
      const { state } = await pairing();
      expect(await evaluate(conversation.chatId)).toBe(state === 'approved' ? 'serve' : 'pair');
    }
  });

  it('is refused to strangers, users, blocked admins and former admins', async () => {
    await write();
    const { id } = await pairing();
    const press = async (userId: number) =>
      room.prisma.$transaction((tx) =>
        access.pairings.press(
          tx,
          { id: '1', data: `pairing:yes:${id}` },
          { channel: 'telegram', sender: sender(String(userId)) },
        ),
      );
    const person = { channel: 'telegram', userId: String(newChatId()) };
    const grants = [{}, { role: 'user' }, { role: 'admin', blockedAt: new Date() }, { role: null }] as const;
    for (const grant of grants) {
      const { channel, userId } = person;
      await room.prisma.personAccess.upsert({
        where: { channel_userId: person },
        create: { channel, userId, ...grant },
        update: grant,
      });
      expect(await press(Number(userId))).toEqual({ words: en.approvals.notYours, conversationId: null });
    }
    expect((await pairing()).state).toBe('pending');
    const own = await press(Number(conversation.chatId));
    expect(own).toEqual({ words: en.approvals.notYours, conversationId: null });
  });

  it('against a person is announced to them, and their messages get no answer for a day', async () => {
    await write();
    await decide('denied');
    expect((await textsOf(conversation)).at(-1)).toContain(en.pairing.denied);
    expect(await write()).toBe(false);
    await ageBy('1 day');
    expect(await write()).toBe(true);
  });

  it('grants a whole group access, and not its asker elsewhere', async () => {
    conversation = await room.conversation({ chatId: String(-newChatId()), chatType: 'supergroup' });
    const asker = newUserId();
    await write(conversation, sender(asker));
    expect((await textsOf(conversation))[0]).toContain((await pairing()).code);
    await decide('approved');
    expect(await evaluate(asker)).toBe('serve');
    expect(await evaluate(newUserId())).toBe('serve');
    conversation = await room.conversation({ chatId: asker });
    expect(await evaluate(asker)).toBe('pair');
  });

  it('keeps an existing role', async () => {
    await write();
    const person = { channel: 'telegram', userId: conversation.chatId };
    await room.prisma.personAccess.create({ data: { ...person, role: 'admin' } });
    await decide('approved');
    const found = await room.prisma.personAccess.findUnique({ where: { channel_userId: person } });
    expect(found?.role).toBe('admin');
  });
});

describe('An operator', () => {
  const change = (wish: Parameters<typeof access.peopleAccess.change>[1], userId = conversation.chatId) =>
    access.peopleAccess.change({ channel: 'telegram', userId: UserId(userId) }, wish, operator);

  it('grants a waiting person access by a role, and notifies them', async () => {
    await write();
    await change({ role: 'user' });
    expect((await pairing()).state).toBe('approved');
    expect((await textsOf(conversation)).at(-1)).toContain(en.pairing.welcome.slice(0, 20));
    await change({ role: null });
    expect(await evaluate(conversation.chatId)).toBe('pair');
  });

  it('blocks a waiting person without a notice', async () => {
    await write();
    await change({ blocked: true });
    expect((await pairing()).state).toBe('denied');
    expect(await textsOf(conversation)).toHaveLength(1);
    expect(await evaluate(conversation.chatId)).toBe('ignore');
    expect(await room.conversations.isBlocked(null, conversation.id)).toBe(true);
    await change({ blocked: false });
    expect(await room.conversations.isBlocked(null, conversation.id)).toBe(false);
  });

  it('cannot revoke access by the settings', async () => {
    for (const wish of [{ blocked: true }, { role: 'admin' }, { role: null }] as const)
      await expect(change(wish, String(owner))).rejects.toMatchObject({ code: 'OWNER_BY_SETTINGS' });
    await change({ blocked: false, role: 'owner' }, String(owner));
  });
});

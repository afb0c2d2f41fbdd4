import { afterAll, beforeAll, expect, it } from 'vitest';
import { ChatId, NO_THREAD, UserId } from '../channel/ids.js';
import { pairingParts } from '../../test/support/access-parts.js';
import { Room } from '../../test/support/room.js';
import { newUserId } from '../../test/support/updates.js';
import { en } from '../platform/i18n/en.js';

const owner = newUserId();
const operator = { key: 'admin', name: null };

let room: Room;
let access: ReturnType<typeof pairingParts>;

beforeAll(async () => {
  room = await Room.open();
  access = pairingParts(room, owner);
});
afterAll(() => room.close());

const sender = (userId: UserId) => {
  return { userId, isChat: false, firstName: 'Ada', lastName: null, username: 'ada', languageCode: 'en' };
};

it('A press decides only at the bot of the request, and at no other bot of its owner or admin', async () => {
  const { id: conversationId, chatId, chatType: type } = await room.conversation();
  const chat = { chatId: ChatId(chatId), threadId: NO_THREAD, via: null, type, title: null, username: null };
  const origin = { channel: 'telegram', chat, sender: sender(UserId(chatId)) };
  await room.prisma.$transaction((tx) => access.pairings.request(tx, conversationId, origin));
  const pairing = () => room.prisma.pairing.findFirstOrThrow({ where: { conversationId } });
  const data = `pairing:yes:${(await pairing()).id}`;
  const press = (channel: string, userId: UserId) =>
    room.prisma.$transaction((tx) =>
      access.pairings.press(tx, { id: '1', data }, { channel, sender: sender(userId) }),
    );

  const admin = newUserId();
  const atSupport = { channel: 'telegram:support', userId: admin };
  await access.peopleAccess.change(atSupport, { role: 'admin' }, operator);
  expect(await press('telegram', admin)).toMatchObject({ words: en.approvals.notYours });
  for (const user of [admin, owner])
    expect(await press('telegram:support', user)).toMatchObject({ conversationId: null });
  expect((await pairing()).state).toBe('pending');
  expect(await press('telegram', owner)).toMatchObject({ words: en.approvals.decided });
  expect((await pairing()).state).toBe('approved');
});

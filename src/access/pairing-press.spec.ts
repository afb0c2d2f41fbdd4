import { afterAll, beforeAll, expect, it } from 'vitest';
import { pairingParts } from '../../test/support/access-parts.js';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import { en } from '../texts/en.js';

const owner = BigInt(newChatId());
const operator = { key: 'admin', name: null };

let room: Room;
let access: ReturnType<typeof pairingParts>;

beforeAll(async () => {
  room = await Room.open();
  access = pairingParts(room, owner);
});
afterAll(() => room.close());

const sender = (userId: bigint) => {
  return { userId, firstName: 'Ada', lastName: null, username: 'ada', languageCode: 'en' };
};

it('A press decides at the bot that was asked, and at no other that its owner or admin presses at', async () => {
  const { id: conversationId, chatId, chatType: type } = await room.conversation();
  const chat = { chatId, threadId: 0n, via: null, type, title: null, username: null };
  const origin = { channel: 'telegram', chat, sender: sender(chatId) };
  await room.prisma.$transaction((tx) => access.pairings.request(tx, conversationId, origin));
  const pairing = () => room.prisma.pairing.findFirstOrThrow({ where: { conversationId } });
  const data = `pairing:yes:${(await pairing()).id}`;
  const press = (channel: string, userId: bigint) =>
    room.prisma.$transaction((tx) =>
      access.pairings.press(tx, { id: '1', data }, { channel, sender: sender(userId) }),
    );

  const admin = BigInt(newChatId());
  const atSupport = { channel: 'telegram:support', userId: admin };
  await access.peopleAccess.change(atSupport, { role: 'admin' }, operator);
  expect(await press('telegram', admin)).toMatchObject({ words: en.approvals.notYours });
  for (const user of [admin, owner])
    expect(await press('telegram:support', user)).toMatchObject({ conversationId: null });
  expect((await pairing()).state).toBe('pending');
  expect(await press('telegram', owner)).toMatchObject({ words: en.approvals.decided });
  expect((await pairing()).state).toBe('approved');
});

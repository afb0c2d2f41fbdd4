import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ChatId, NO_THREAD, UserId } from '../channel/ids.js';
import { pairingParts } from '../../test/support/access-parts.js';
import { Room } from '../../test/support/room.js';
import { newChatId, newUserId } from '../../test/support/updates.js';
import type { Origin } from './access-policy.js';

let room: Room;
let access: ReturnType<typeof pairingParts>;

beforeAll(async () => {
  room = await Room.open();
  access = pairingParts(room);
});
afterAll(() => room.close());

const group = ChatId(String(-newChatId()));
const says = (channel: string, userId: UserId): Origin => ({
  channel,
  chat: {
    chatId: group,
    threadId: NO_THREAD,
    via: null,
    type: 'supergroup',
    title: 'A group',
    username: null,
  },
  sender: { userId, isChat: false, firstName: 'Ada', lastName: null, username: null, languageCode: null },
});

describe('The access policy', () => {
  it('evaluates people by the bot they write to, also if several bots receive a message at the same moment', async () => {
    const [both, blocked] = [newUserId(), newUserId()];
    await access.peopleAccess.change({ channel: 'telegram', userId: both }, { role: 'user' }, operator);
    const atSupport = { channel: 'telegram:support', userId: blocked };
    await access.peopleAccess.change({ ...atSupport, channel: 'telegram' }, { role: 'user' }, operator);
    await access.peopleAccess.change(atSupport, { blocked: true }, operator);
    const heard = [both, blocked].flatMap((user) => [says('telegram', user), says('telegram:support', user)]);
    expect(await access.accessPolicy.evaluateAll(heard)).toEqual(['serve', 'pair', 'serve', 'ignore']);
    expect(await access.accessPolicy.evaluateAll(heard.toReversed())).toEqual([
      'ignore',
      'serve',
      'pair',
      'serve',
    ]);
  });

  it('ignores a blocked anonymous admin, even in a group with access', async () => {
    await room.prisma.$transaction((tx) => access.grants.admitChat(tx, 'telegram', group));
    const person = { channel: 'telegram', userId: UserId(group) };
    await access.peopleAccess.change(person, { blocked: true }, operator);
    const heard = [says('telegram', UserId(group)), says('telegram', newUserId())];
    expect(await access.accessPolicy.evaluateAll(heard)).toEqual(['ignore', 'serve']);
  });

  it('revokes a group’s access only at its bot', async () => {
    const heard = [says('telegram', newUserId()), says('telegram:support', newUserId())];
    for (const { channel } of heard)
      await room.prisma.$transaction((tx) => access.grants.admitChat(tx, channel, group));
    expect(await access.peopleAccess.putOut('telegram', group, operator)).toBe(true);
    expect(await access.peopleAccess.putOut('telegram', group, operator)).toBe(false);
    expect(await access.accessPolicy.evaluateAll(heard)).toEqual(['pair', 'serve']);
  });
});

const operator = { key: 'admin', name: null };

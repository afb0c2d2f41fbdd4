import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pairingParts } from '../../test/support/access-parts.js';
import { Room } from '../../test/support/room.js';
import { newChatId } from '../../test/support/updates.js';
import type { Origin } from './doorkeeper.js';

let room: Room;
let access: ReturnType<typeof pairingParts>;

beforeAll(async () => {
  room = await Room.open();
  access = pairingParts(room);
});
afterAll(() => room.close());

const group = -BigInt(newChatId());
const says = (channel: string, userId: bigint): Origin => ({
  channel,
  chat: { chatId: group, threadId: 0n, via: null, type: 'supergroup', title: 'A group', username: null },
  sender: { userId, firstName: 'Ada', lastName: null, username: null, languageCode: null },
});

describe('The doorkeeper', () => {
  it('knows people by the bot they speak to, also where several bots hear them at the same moment', async () => {
    const [both, blocked] = [BigInt(newChatId()), BigInt(newChatId())];
    await access.peopleAccess.change({ channel: 'telegram', userId: both }, { role: 'user' }, operator);
    const atSupport = { channel: 'telegram:support', userId: blocked };
    await access.peopleAccess.change({ ...atSupport, channel: 'telegram' }, { role: 'user' }, operator);
    await access.peopleAccess.change(atSupport, { blocked: true }, operator);
    const heard = [both, blocked].flatMap((user) => [says('telegram', user), says('telegram:support', user)]);
    expect(await access.doorkeeper.verdictsOn(heard)).toEqual(['serve', 'pair', 'serve', 'ignore']);
    expect(await access.doorkeeper.verdictsOn(heard.toReversed())).toEqual([
      'ignore',
      'serve',
      'pair',
      'serve',
    ]);
  });

  it('does not hear who is blocked as an anonymous admin, though their group is let in', async () => {
    await room.prisma.$transaction((tx) => access.standings.admitChat(tx, 'telegram', group));
    const person = { channel: 'telegram', userId: group };
    await access.peopleAccess.change(person, { blocked: true }, operator);
    const heard = [says('telegram', group), says('telegram', BigInt(newChatId()))];
    expect(await access.doorkeeper.verdictsOn(heard)).toEqual(['ignore', 'serve']);
  });

  it('lets nobody in for a group that was put out, at the bot where it was', async () => {
    const heard = [says('telegram', BigInt(newChatId())), says('telegram:support', BigInt(newChatId()))];
    for (const { channel } of heard)
      await room.prisma.$transaction((tx) => access.standings.admitChat(tx, channel, group));
    expect(await access.peopleAccess.putOut('telegram', group, operator)).toBe(true);
    expect(await access.peopleAccess.putOut('telegram', group, operator)).toBe(false);
    expect(await access.doorkeeper.verdictsOn(heard)).toEqual(['pair', 'serve']);
  });
});

const operator = { key: 'admin', name: null };

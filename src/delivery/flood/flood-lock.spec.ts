import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openFloodGate } from '../../../test/support/delivery-parts.js';
import { Room } from '../../../test/support/room.js';
import { newChatId } from '../../../test/support/updates.js';
import type { Ask } from './gate-decision.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open();
});
afterAll(() => room.close());

const interactive: Ask = { class: 'interactive', inLine: false };

describe('FloodGate', () => {
  it('counts a message that another sender has passed but not committed', async () => {
    const gate = openFloodGate(room.prisma, { botPerSecond: 30, chatPerSecond: 1, groupPerMinute: 20 });
    // A message to a group counts for a minute: longer than the test takes on a slow machine.
    const group = { channel: 'telegram', chatId: String(-newChatId()), chatType: 'supergroup' };
    const ask = () => room.prisma.$transaction((tx) => gate.pass(tx, group, interactive));
    expect(await ask()).toBe(0);
    const second = await room.prisma.$transaction(async (tx) => {
      expect(await gate.pass(tx, group, interactive)).toBe(0);
      const asking = ask();
      await room.somebodyWaitsForALock();
      return { asking };
    });
    expect(await second.asking).toBe(0);
    const [row] = await room.rows<{ sent: number }>(
      'SELECT cardinality(hits) AS sent FROM flood_windows WHERE key = $1',
      [`telegram:${group.chatId}`],
    );
    expect(row?.sent).toBe(3);
  });
});

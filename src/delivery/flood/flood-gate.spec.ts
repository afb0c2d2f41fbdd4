import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { ChatId } from '../../channel/ids.js';
import { openFloodGate } from '../../../test/support/delivery-parts.js';
import { Room } from '../../../test/support/room.js';
import { newChatId } from '../../../test/support/updates.js';
import type { FloodChat, FloodGate } from './flood-gate.js';
import { FloodWindowsRepository } from './flood-windows.repository.js';
import type { Ask } from './gate-decision.js';

const interactive: Ask = { class: 'interactive', inLine: false };
let room: Room;
/** Two processes share the gate. */
let gates: readonly [FloodGate, FloodGate];

beforeAll(async () => {
  room = await Room.open({ poolSize: 20 });
  const limits = { botPerSecond: 30, chatPerSecond: 1, groupPerMinute: 20 };
  gates = [openFloodGate(room.prisma, limits), openFloodGate(room.prisma, limits)];
});
afterAll(() => room.close());
beforeEach(() => room.pool.query('TRUNCATE flood_windows'));

const newChat = (chatType = 'private'): FloodChat => ({
  channel: 'telegram',
  chatId: ChatId(String(chatType === 'private' ? newChatId() : -newChatId())),
  chatType,
});
const ask = (chat: FloodChat, who: Ask = interactive, gate = gates[0]) =>
  room.prisma.$transaction((tx) => gate.pass(tx, chat, who));

/** Ends every wait, as passing time does. */
const pass = (ms: number) =>
  room.pool.query(
    `UPDATE flood_windows SET hits = ARRAY(SELECT hit - $1::float8 FROM unnest(hits) AS h (hit)),
       interactive_line = ARRAY(SELECT at - $1::float8 FROM unnest(interactive_line) AS l (at)),
       paused_until = paused_until - $1 * interval '1 ms', limited_at = limited_at - $1 * interval '1 ms',
       expires_at = expires_at - $1 * interval '1 ms'`,
    [ms],
  );

/** Independent of the test's own duration. */
const allLimitedJustNow = () =>
  room.pool.query('UPDATE flood_windows SET limited_at = clock_timestamp() WHERE limited_at IS NOT NULL');

describe('FloodGate', () => {
  it('counts the messages of all processes, however their calls interleave', async () => {
    const begin = performance.now();
    const waits: number[] = [];
    const send = async (gate: FloodGate) => {
      for (let n = 0; n < 9; n += 1) waits.push(await ask(newChat(), interactive, gate));
    };
    await Promise.all([gates[0], gates[1], gates[0], gates[1], gates[0]].map(send));
    // A slow machine takes longer than one period for this.
    const periods = Math.floor((performance.now() - begin) / 1_100);
    const passed = waits.filter((waitMs) => waitMs === 0).length;
    expect(passed).toBeGreaterThanOrEqual(30);
    expect(passed).toBeLessThanOrEqual(30 * (periods + 1));
    expect(Math.max(...waits)).toBeLessThan(3_000);
  });

  it('passes short bursts of a chat, and shorter ones of a group', async () => {
    const [chat, group] = [newChat(), newChat('supergroup')];
    for (let n = 0; n < 3; n += 1) expect(await ask(chat)).toBe(0);
    const waitMs = await ask(chat);
    expect(waitMs).toBeGreaterThan(0);
    expect(waitMs).toBeLessThanOrEqual(3_200);
    await pass(3_200);
    expect(await ask(chat)).toBe(0);
    for (let n = 0; n < 20; n += 1) {
      expect(await ask(group)).toBe(0);
      await pass(1_100);
    }
    // Longer than any chat waits for its own limit.
    expect(await ask(group)).toBeGreaterThan(3_200);
    expect(await ask(chat)).toBe(0);
  });

  it('counts only committed messages', async () => {
    const chat = newChat();
    for (let n = 0; n < 5; n += 1) {
      const broken = room.prisma.$transaction(async (tx) => {
        expect(await gates[0].pass(tx, chat, interactive)).toBe(0);
        throw new Error('not sent');
      });
      await expect(broken).rejects.toThrow('not sent');
    }
    expect(await ask(chat)).toBe(0);
  });

  it('keeps a chat’s pause for all processes, and pauses the bot when several chats are limited', async () => {
    const chats = [newChat(), newChat(), newChat()] as const;
    await gates[0].limited(chats[0], 70_000);
    expect(await ask(chats[0], interactive, gates[1])).toBeGreaterThan(20_000);
    expect(await ask(newChat())).toBe(0);
    await gates[0].limited(chats[1], 90_000);
    expect(await ask(newChat())).toBe(0);
    await allLimitedJustNow();
    await gates[1].limited(chats[2], 80_000);
    const other = await ask(newChat());
    // No longer than the longest of the three pauses.
    expect(other).toBeGreaterThan(20_000);
    expect(other).toBeLessThanOrEqual(70_000);
    await pass(90_000);
    expect(await ask(newChat())).toBe(0);
    expect(await ask(chats[1])).toBe(0);
  });

  it('does not mistake chats that are limited now and then for a limit of the bot', async () => {
    for (let n = 0; n < 6; n += 1) {
      await gates[0].limited(newChat(), 30_000);
      await pass(1_500);
    }
    expect(await ask(newChat())).toBe(0);
  });

  it('passes drafts only where replies have room behind them', async () => {
    const chat = newChat();
    expect(await gates[0].passDraft(chat)).toBe(0);
    expect(await gates[0].passDraft(chat)).toBe(0);
    expect(await gates[0].passDraft(chat)).toBeGreaterThan(0);
    expect(await ask(chat)).toBe(0);
  });

  it('adds no wait for an hour that comes twice, and keeps the limits and the pauses', async () => {
    const [chat, paused] = [newChat(), newChat()];
    for (let n = 0; n < 3; n += 1) await ask(chat);
    await gates[0].limited(paused, 60_000);
    // The clock is set back by an hour.
    await pass(-3_600_000);
    for (let n = 0; n < 2; n += 1) expect(await ask(chat)).toBeGreaterThan(0);
    const pause = await ask(paused);
    expect(pause).toBeGreaterThan(50_000);
    expect(pause).toBeLessThanOrEqual(60_000);
    await pass(3_200);
    expect(await ask(chat)).toBe(0);
    await pass(60_000);
    expect(await ask(paused)).toBe(0);
  });

  it('reserves no place in a line for an hour that comes twice', async () => {
    await ask(newChat());
    await room.pool.query(
      `UPDATE flood_windows
       SET hits = array_fill(extract(epoch FROM clock_timestamp())::float8 * 1000, ARRAY[30])
       WHERE key = 'telegram'`,
    );
    const waiting = newChat();
    expect(await ask(waiting)).toBeGreaterThan(0);
    await pass(-3_600_000);
    expect(await ask(waiting)).toBeLessThanOrEqual(3_000);
    expect(await ask(newChat())).toBeLessThanOrEqual(3_000);
    await pass(3_000);
    expect(await ask(waiting, { class: 'interactive', inLine: true })).toBe(0);
  });

  it('deletes the rows of idle chats', async () => {
    await ask(newChat());
    const kept = newChat();
    await gates[0].limited(kept, 3_600_000);
    await pass(600_000);
    await ask(newChat());
    expect(await new FloodWindowsRepository(room.prisma).prune()).toBe(1);
    expect(await ask(kept)).toBeGreaterThan(0);
  });
});

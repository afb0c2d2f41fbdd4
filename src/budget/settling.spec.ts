import { randomUUID } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { byScopeAndKey, openLedgerFixture, tokens } from './ledger.fixture.js';

const fixture = openLedgerFixture();
const { ledger, running, called, settle, rows } = fixture;

describe('Settling', () => {
  it('replaces a reservation by the usage, once', async () => {
    const by = ledger({ userDayTokens: 9_000, dayTokens: 9_000 });
    const turn = await running('7');
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    await called(turn, 0, 300, 50, 12n);
    const settled = [
      ['user', 'telegram:7', 350, 0],
      ['chat', turn.chat, 350, 0],
      ['all', '', 350, 0],
    ];
    await settle(by, turn);
    expect(await rows()).toEqual(settled);
    await settle(by, turn);
    expect(await rows()).toEqual(settled);
    expect(await fixture.room.prisma.turn.findUnique({ where: { id: turn.id } })).toMatchObject({
      inputTokens: 300,
      outputTokens: 50,
      microUsd: 12n,
    });
  });

  it('counts only the additional usage of a replayed turn', async () => {
    const by = ledger({ userDayTokens: 9_000 });
    const turn = await running('7');
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    await called(turn, 0, 300, 50);
    await settle(by, turn);
    await by.reserve(turn.lease, turn.id, tokens(4_000));
    await called(turn, 2, 500, 100);
    await settle(by, turn);
    expect(await rows()).toEqual([
      ['user', 'telegram:7', 950, 0],
      ['chat', turn.chat, 950, 0],
    ]);
  });

  it('leaves other charges of an unfinished turn alone', async () => {
    const by = ledger({ userDayTokens: 9_000, dayTokens: 9_000 });
    const turn = await running('7');
    await by.reserve(turn.lease, turn.id, tokens(5_000));
    await by.charge(turn.id, tokens(100));
    await by.charge(randomUUID(), tokens(100));
    await called(turn, 0, 300, 50);
    await settle(by, turn);
    expect(await rows()).toEqual([
      ['user', 'telegram:7', 450, 0],
      ['chat', turn.chat, 450, 0],
      ['all', '', 450, 0],
    ]);
  });

  it('releases the whole reservation without a finished model call', async () => {
    const by = ledger({ dayTokens: 9_000 });
    const turn = await running('7');
    await by.reserve(turn.lease, turn.id, tokens(9_000));
    await settle(by, turn);
    expect(await rows()).toEqual([['all', '', 0, 0]]);
    const next = await running();
    expect(await by.reserve(next.lease, next.id, tokens(9_000))).toBeNull();
  });

  it('records user and chat without limits, and touches no row that all turns share', async () => {
    const by = ledger({});
    const [known, unknown] = [await running('7'), await running(null)];
    await called(known, 0, 10, 5);
    await called(unknown, 0, 20, 5);
    await settle(by, known, unknown);
    expect(await rows()).toEqual([
      ['user', 'telegram:7', 15, 0],
      ...[
        ['chat', known.chat, 15, 0],
        ['chat', unknown.chat, 25, 0],
      ].toSorted(byScopeAndKey),
    ]);
  });

  it('many turns that share users and chats never deadlocks', async () => {
    const by = ledger({ userDayTokens: 1_000_000, chatDayTokens: 1_000_000, dayTokens: 1_000_000 });
    const chats = await Promise.all(Array.from({ length: 20 }, (_, n) => running(String(n % 3))));
    const more = await Promise.all(chats.map((chat, n) => running(String((n + 1) % 3), chat)));
    for (const { lease, id } of [...chats, ...more]) await by.reserve(lease, id, tokens(100));
    await Promise.all(chats.map((chat, n) => settle(by, ...[chat, more[n] ?? chat].toSorted(() => n % 2))));
    expect((await rows()).filter(([, , , reserved]) => reserved !== 0)).toEqual([]);
  });

  it('releases a reservation made under removed settings', async () => {
    const turn = await running('7');
    await ledger({ dayTokens: 9_000 }).reserve(turn.lease, turn.id, tokens(5_000));
    await called(turn, 0, 10, 0);
    await settle(ledger({}), turn);
    expect(await rows()).toContainEqual(['all', '', 10, 0]);
  });
});

describe('A limit for all that is new today', () => {
  it('counts earlier usage', async () => {
    const turn = await running('7');
    await called(turn, 0, 600, 0);
    await settle(ledger({}), turn);
    const by = ledger({ dayTokens: 1_000 });
    await Promise.all([by.catchUp(), by.catchUp()]);
    expect(await rows()).toContainEqual(['all', '', 600, 0]);
    const next = await running();
    expect(await by.reserve(next.lease, next.id, tokens(401))).toBe('all');
    expect(await by.reserve(next.lease, next.id, tokens(400))).toBeNull();
    await by.catchUp();
    expect(await rows()).toContainEqual(['all', '', 600, 400]);
  });
});

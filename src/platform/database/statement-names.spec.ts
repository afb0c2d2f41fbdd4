import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { StatementNames } from './statement-names.js';

const asked = (names: StatementNames, sql: string, times: number): string[] =>
  Array.from({ length: times }, () => names.nameOf(sql));

describe('The names of statements', () => {
  it('are for those that come back often', () => {
    const names = new StatementNames();
    const given = asked(names, 'SELECT 1', 11);
    expect(given.slice(0, 9)).toEqual(Array.from({ length: 9 }, () => ''));
    expect(given[9]).not.toBe('');
    expect(given[10]).toBe(given[9]);
    expect(names.nameOf('SELECT 2')).toBe('');
  });

  it('tell statements apart, and are the same in every client', () => {
    const [one, other] = [new StatementNames(), new StatementNames()];
    expect(asked(one, 'SELECT 1', 10).at(-1)).toBe(asked(other, 'SELECT 1', 10).at(-1));
    expect(asked(one, 'SELECT 1', 10).at(-1)).not.toBe(asked(one, 'SELECT 2', 10).at(-1));
  });

  it('are no more than a connection should keep', () => {
    const names = new StatementNames();
    const given = Array.from({ length: 100 }, (_, n) => asked(names, `SELECT ${n}`, 10).at(-1));
    expect(given.filter((name) => name !== '')).toHaveLength(64);
  });
});

describe('PrismaService', () => {
  let room: Room;
  beforeAll(async () => {
    room = await Room.open({ poolSize: 1 });
  });
  afterAll(() => room.close());

  it('prepares a statement that comes back often, once a connection', async () => {
    const ask = () => room.prisma.$queryRaw`SELECT ${1}::int AS often`;
    for (let time = 0; time < 20; time += 1) await ask();
    const prepared = await room.rows(`SELECT FROM pg_prepared_statements WHERE statement LIKE '%AS often'`);
    expect(prepared).toHaveLength(1);
  });
});

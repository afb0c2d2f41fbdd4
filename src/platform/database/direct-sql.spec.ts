import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Room } from '../../../test/support/room.js';
import { Prisma } from '../../generated/prisma/client.js';

let room: Room;

beforeAll(async () => {
  room = await Room.open({ poolSize: 1 });
});
afterAll(() => room.close());

describe('A direct statement', () => {
  it('takes and returns the values that Prisma does', async () => {
    const id = '0198c1d2-7a5b-7c3d-8e4f-5a6b7c8d9e0f';
    const at = new Date('2026-02-03T04:05:06.789Z');
    const statement = Prisma.sql`
      SELECT ${2n ** 62n}::bigint AS big, ${7}::int AS int, ${0.5}::float8 AS float, ${true}::boolean AS yes,
             ${at}::timestamptz AS at, ${'a "text"\\'}::text AS text, ${null}::text AS none, ${id}::uuid AS id,
             ${JSON.stringify({ a: [1, null] })}::jsonb AS json, 'turns'::lane AS lane,
             ${[1n, 2n ** 62n]}::bigint[] = ARRAY[1, 4611686018427387904]::bigint[] AS "bigArray",
             ${['a,"b\\', '']}::text[] AS texts, ${[] as string[]}::text[] AS empty`;
    const [direct] = await room.prisma.direct.run(statement);
    const [byPrisma] = await room.prisma.$queryRaw<object[]>(statement);
    expect(direct).toEqual(byPrisma);
    expect(direct).toMatchObject({ big: 2n ** 62n, at, json: { a: [1, null] }, bigArray: true });
  });

  it('is prepared once it comes back often', async () => {
    const query = vi.spyOn(Client.prototype, 'query');
    for (let count = 0; count < 20; count += 1)
      await room.prisma.direct.run(Prisma.sql`SELECT ${count}::int`);
    const names = query.mock.calls.map(([given]: unknown[]) => Object(given).name);
    query.mockRestore();
    expect(names.at(0)).toBeUndefined();
    expect(names.at(-1)).toEqual(expect.any(String));
  });
});

describe('A direct transaction', () => {
  const titled = (title: string) => room.prisma.conversation.count({ where: { title } });
  const title = (id: string, text: string) =>
    Prisma.sql`UPDATE conversations SET title = ${text} WHERE id = ${id}::uuid`;

  it('commits all of its statements, or none', async () => {
    const { id } = await room.conversation();
    const failing = room.prisma.direct.transaction(async (run) => {
      await run(title(id, 'undone'));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await titled('undone')).toBe(0);
    await room.prisma.direct.transaction((run) => run(title(id, 'done')));
    expect(await titled('done')).toBe(1);
  });

  it('leaves a connection that can be used, after an error and after its loss', async () => {
    const inTransaction = (statement: Prisma.Sql) => room.prisma.direct.transaction((run) => run(statement));
    await expect(inTransaction(Prisma.sql`SELECT 1 / 0`)).rejects.toThrow('division by zero');
    const end = Prisma.sql`SELECT pg_terminate_backend(pg_backend_pid())`;
    await expect(inTransaction(end)).rejects.toThrow();
    expect(await inTransaction(Prisma.sql`SELECT 1 AS one`)).toEqual([{ one: 1 }]);
  });
});

import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AdminApp } from '../../../test/support/admin-app.js';
import { SourceDirectory } from '../../triggers/sources/source-directory.js';

let admin: AdminApp;
let number = 0;

beforeAll(async () => {
  admin = await AdminApp.start();
});
afterAll(() => admin.stop());

const SECRET = 'an-odd-secret-of-github';
const create = (fields: object = {}) => {
  number += 1;
  return admin.call('sources', 'POST', {
    name: `source-${number}`,
    preset: 'github',
    secrets: [SECRET],
    ...fields,
  });
};
async function created(fields: object = {}) {
  const answer = await create(fields);
  expect(answer.statusCode, answer.body).toBe(201);
  return answer.json<{ name: string; secrets: { id: string }[] }>();
}
const hmac = { header: 'X-Signature', algorithm: 'sha256', encoding: 'hex' };

describe('The sources', () => {
  it('are made, shown, changed and removed, without their secrets', async () => {
    const source = await created({ idFrom: 'header:x-id', ratePerMinute: 60 });
    expect(source).toEqual({
      name: source.name,
      path: `/webhook/${source.name}`,
      preset: 'github',
      hmac: null,
      idFrom: 'header:x-id',
      maxBodyBytes: 1024 * 1024,
      ratePerMinute: 60,
      secrets: [{ id: expect.any(String), createdAt: expect.any(String) }],
      createdAt: expect.any(String),
    });
    const path = `sources/${source.name}`;
    expect((await admin.call(path)).json()).toEqual(source);
    const change = { ratePerMinute: null, idFrom: null, maxBodyBytes: 1_000 };
    expect((await admin.call(path, 'PATCH', change)).json()).toMatchObject(change);
    expect((await admin.call(path, 'DELETE')).statusCode).toBe(204);
    expect((await admin.call(path)).statusCode).toBe(404);
  });

  it('keep their preset, whose secrets would prove something else with another one', async () => {
    const { name } = await created({ preset: 'hmac', hmac });
    const path = `sources/${name}`;
    const refused = await admin.call(path, 'PATCH', { preset: 'github' });
    expect([refused.statusCode, refused.json().message]).toEqual([400, [expect.stringContaining('preset')]]);
    const other = { ...hmac, header: 'x-other' };
    expect((await admin.call(path, 'PATCH', { hmac: other })).json()).toMatchObject({
      preset: 'hmac',
      hmac: { header: 'x-other' },
    });
  });

  it('keep their secrets sealed, and this process knows them at once', async () => {
    const { name } = await created();
    expect(admin.app.get(SourceDirectory).find(name)?.secrets).toEqual([SECRET]);
    const rows = await admin.prisma.sourceSecret.findMany();
    expect(JSON.stringify(rows.map(({ sealed }) => Buffer.from(sealed).toString('latin1')))).not.toContain(
      SECRET,
    );
  });

  it('have secrets that are added and deleted, but the last', async () => {
    const { name, secrets } = await created();
    const [first] = secrets;
    const path = `sources/${name}/secrets`;
    const added = await admin.call(path, 'POST', { secret: 'the-new-secret' });
    expect(added.statusCode).toBe(201);
    expect(added.body).not.toContain('the-new-secret');
    expect((await admin.call(`${path}/${first?.id}`, 'DELETE')).statusCode).toBe(204);
    expect(admin.app.get(SourceDirectory).find(name)?.secrets).toEqual(['the-new-secret']);
    expect((await admin.call(`${path}/${first?.id}`, 'DELETE')).statusCode).toBe(404);
    const [last] = added.json().secrets.slice(-1);
    expect((await admin.call(`${path}/${last.id}`, 'DELETE')).statusCode).toBe(409);
    for (let more = 0; more < 4; more += 1) await admin.call(path, 'POST', { secret: `secret ${more}` });
    expect((await admin.call(path, 'POST', { secret: 'one too many' })).statusCode).toBe(409);
  });

  it('are listed by name, page by page', async () => {
    const names = [(await created()).name, (await created()).name, (await created()).name];
    const listed = (await admin.pages('sources?limit=2')).flat().map(({ name }) => String(name));
    expect(listed).toEqual(listed.toSorted((one, other) => (one < other ? -1 : 1)));
    expect(listed).toEqual(expect.arrayContaining(names));
  });

  it('drop their waiting webhooks when they are removed, and stay while they have triggers', async () => {
    const { name } = await created();
    const event = { source: `webhook:${name}`, kind: 'webhook' as const };
    await admin.prisma.event.create({ data: { ...event, externalId: '1' } });
    await admin.prisma.event.create({ data: { ...event, externalId: '2', state: 'done' } });
    const target = { channel: 'telegram', chatId: '7' };
    const trigger = { name: `of-${name}`, source: name, prompt: 'x', target };
    const { id } = (await admin.call('triggers', 'POST', trigger)).json<{ id: string }>();
    expect((await admin.call(`sources/${name}`, 'DELETE')).statusCode).toBe(409);
    expect((await admin.call(`triggers/${id}`, 'DELETE')).statusCode).toBe(204);
    expect((await admin.call(`sources/${name}`, 'DELETE')).statusCode).toBe(204);
    const states = await admin.prisma.event.findMany({ where: event, orderBy: { id: 'asc' } });
    expect(states.map(({ state }) => state)).toEqual(['dropped', 'done']);
    expect(admin.app.get(SourceDirectory).find(name)).toBeNull();
  });

  it.each([
    ['the name of Telegram', { name: 'telegram' }],
    ['a name that is none', { name: 'A b' }],
    ['no name', { name: undefined }],
    ['an unknown preset', { preset: 'myspace' }],
    ['no preset', { preset: undefined }],
    ['no secret', { secrets: [] }],
    ['an empty secret', { secrets: [''] }],
    ['too many secrets', { secrets: Array(6).fill('secret') }],
    ['an HMAC besides a preset', { hmac }],
    ['the preset hmac without one', { preset: 'hmac' }],
    ['an HMAC that is none', { preset: 'hmac', hmac: { ...hmac, algorithm: 'md5' } }],
    [
      'an HMAC whose template lacks its time',
      { preset: 'hmac', hmac: { ...hmac, timestampHeader: 'x-time', template: '{body}' } },
    ],
    ['a place of the id that is none', { idFrom: 'query:id' }],
    ['a body larger than any', { maxBodyBytes: 1024 * 1024 + 1 }],
    ['no rate', { ratePerMinute: 0 }],
    ['an unknown field', { colour: 'red' }],
  ])('are refused with %s', async (_what, fields) => {
    const answer = await create(fields);
    expect(answer.statusCode, answer.body).toBe(400);
    expect(answer.body).not.toContain(SECRET);
  });

  it('are 409 where the name is taken, and 404 where there is none', async () => {
    const { name } = await created();
    expect((await create({ name })).statusCode).toBe(409);
    expect((await admin.call('sources/nobody')).statusCode).toBe(404);
    expect((await admin.call('sources/telegram')).statusCode).toBe(404);
    expect((await admin.call('sources/nobody', 'PATCH', {})).statusCode).toBe(404);
    expect((await admin.call('sources/nobody/secrets', 'POST', { secret: 'x' })).statusCode).toBe(404);
  });
});

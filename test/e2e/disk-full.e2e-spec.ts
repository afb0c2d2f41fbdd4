import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import supertest from 'supertest';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { embeddedFolder, EmbeddedPostgres } from '../../src/platform/database/embedded-postgres.js';
import { World } from '../support/app.js';
import { eventually } from '../support/eventually.js';
import { limitFileSize, SmallDisk } from '../support/small-disk.js';
import { expectUnavailable } from '../support/unavailable.js';
import { newChatId, textUpdate } from '../support/updates.js';

/** A message of nearly 1 MB that cannot be compressed. */
const large = (chat: number, text: string) =>
  textUpdate(chat, text, { padding: randomBytes(675_000).toString('base64') });

/** Posts large messages of a chat until one is refused. @returns their texts, and the one that was refused */
async function postUntilRefused(world: World, chat: number) {
  const taken: string[] = [];
  for (let index = 0; index < 500; index += 1) {
    const text = `[${chat}] ${index}`;
    const update = large(chat, text);
    const { status, headers, body } = await world.post(update);
    if (status !== 200) return { taken, text, update, status, headers, body };
    taken.push(text);
  }
  throw new Error('the disk does not get full');
}

/** The model has read all messages of a chat, in order, and the last one is answered. */
async function expectAnswered(world: World, chat: number, texts: readonly string[]): Promise<void> {
  await eventually(() => expect(world.telegram.textsOf(chat).at(-1)).toBe(`Echo: ${texts.at(-1)}`), {
    withinMs: 40_000,
  });
  const read = world.model.callsAbout(`[${chat}]`).flatMap(({ news }) => news);
  expect([...new Set(read)]).toEqual(texts);
  const shown = world.telegram.textsOf(chat);
  expect(new Set(shown).size).toBe(shown.length);
}

describe.runIf(process.platform === 'linux')('While the files of the embedded database cannot grow', () => {
  let world: World;
  let folder: string;
  let dataFolder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'turnpike-e2e-'));
    dataFolder = join(embeddedFolder(folder), 'data');
    world = await World.start('postgresql', { DATABASE_URL: undefined, DATA_DIR: folder });
  });
  afterAll(async () => {
    await limitFileSize(dataFolder, null);
    await world.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('surplus updates are answered 503, accepted ones are answered, and the process recovers by itself', async () => {
    const chat = newChatId();
    await limitFileSize(dataFolder, 16);
    const refusal = await postUntilRefused(world, chat);
    expectUnavailable(refusal);
    await supertest(world.app.url).get('/health/live').expect(200);
    await limitFileSize(dataFolder, null);
    await eventually(() => world.post(refusal.update).expect(200, { status: 'queued' }));
    await expectAnswered(world, chat, [...refusal.taken, refusal.text]);
  });
});

const mountable = await SmallDisk.isPossible();

describe.runIf(mountable)('While the disk of the embedded database is full', () => {
  let world: World;
  let disk: SmallDisk;

  beforeAll(async () => {
    disk = await SmallDisk.mount(400);
    world = await World.start('postgresql', { DATABASE_URL: undefined, DATA_DIR: disk.folder });
  });
  afterAll(async () => {
    await disk.free();
    await world.stop();
    await disk.unmount();
  });

  it('updates are answered 503, accepted ones are answered, and the process recovers by itself', async () => {
    const chat = newChatId();
    const busy = newChatId();
    const held = world.model.hold(`[${busy}]`);
    await world.say(busy, `[${busy}] hello`);
    await eventually(() => expect(held.waiting).toBe(1));
    await disk.fill();
    const refusal = await postUntilRefused(world, chat);
    expectUnavailable(refusal);
    await supertest(world.app.url).get('/health/live').expect(200);
    held.release();
    await disk.free();
    await eventually(() => world.post(refusal.update).expect(200, { status: 'queued' }));
    await expectAnswered(world, chat, [...refusal.taken, refusal.text]);
    await expectAnswered(world, busy, [`[${busy}] hello`]);
  });

  it('and the server ends because its log has no space, it is restarted once there is some', async () => {
    const chat = newChatId();
    await world.sayAndRead(chat, `[${chat}] before`);
    const held = world.model.hold(`[${chat}] taken`);
    await world.say(chat, `[${chat}] taken`);
    await eventually(() => expect(held.waiting).toBe(1));
    const server = new EmbeddedPostgres(embeddedFolder(disk.folder));
    const url = await server.start();
    await disk.fill();
    await endsForWantOfRoom(url);
    const update = textUpdate(chat, `[${chat}] meanwhile`);
    const { status, headers } = await world.post(update);
    expect(status).toBe(503);
    expect(Number(headers['retry-after'])).toBeGreaterThanOrEqual(1);
    held.release();
    await disk.free();
    await eventually(() => world.post(update).expect(200, { status: 'queued' }), { withinMs: 40_000 });
    await expectAnswered(world, chat, [`[${chat}] before`, `[${chat}] taken`, `[${chat}] meanwhile`]);
    await server.stop();
  });
});

/** Makes the server begin file after file of its log, until it cannot. */
async function endsForWantOfRoom(url: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  await expect(
    (async () => {
      for (let file = 0; file < 100; file += 1) {
        await client.query("SELECT pg_logical_emit_message(true, 'test', 'a record')");
        await client.query('SELECT pg_switch_wal()');
      }
    })(),
  ).rejects.toThrow();
  await client.end().catch(() => undefined);
}

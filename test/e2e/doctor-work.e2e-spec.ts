import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.js';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { World } from '../support/app.js';
import { describeOnEachBackend } from '../support/backends.js';
import { eventually } from '../support/eventually.js';
import { newChatId } from '../support/updates.js';

describeOnEachBackend('doctor about the work', (backend) => {
  let world: World;
  const chat = newChatId();

  beforeAll(async () => {
    world = await World.prepare(backend);
  });
  afterAll(() => world.stop());

  /** As from a shell: the exit code, and the findings about the work. */
  async function doctor(change: Environment = {}) {
    let out = '';
    const write = (text: string) => (out += text);
    const code = await runCli(['doctor'], () => world.env(change), { write }, { write: () => undefined });
    const found = out
      .split('\n')
      .filter((line) => /^\w+ +(workers|sweep|poller|backlog|letters) /.test(line))
      .map((line) => line.replaceAll(/\s+/g, ' ').replaceAll(/\d+ (s|min)\b/g, 'N s'));
    return { code, found };
  }

  it('fails if no process of this version has ever worked', async () => {
    await world.sql('ALTER TABLE heartbeats RENAME TO not_there_yet');
    const { code, found } = await doctor();
    await world.sql('ALTER TABLE not_there_yet RENAME TO heartbeats');
    expect([code, found]).toEqual([
      1,
      ['failed workers no process of this version has worked with this database'],
    ]);
  });

  it('fails if a message waits without a worker', async () => {
    await world.startApp({ APP_ROLE: 'web' });
    await world.say(chat, 'Is anybody there?');
    expect(await doctor()).toEqual({
      code: 1,
      found: [
        'failed workers none at work',
        'skipped sweep it comes round where a worker is at work',
        'failed backlog 1 of turns wait, the oldest for N s, and nobody works on them',
        'ok letters no dead letters',
      ],
    });
  });

  it('fails without any process', async () => {
    await world.stopApp();
    const { code, found } = await doctor();
    expect([code, found[0]]).toEqual([1, 'failed workers none at work']);
  });

  it('finds no fault once a worker runs', async () => {
    await world.startApp();
    await world.lastOf(chat, 1);
    await eventually(async () =>
      expect(await doctor()).toEqual({
        code: 0,
        found: [
          'ok workers 1 at work',
          'ok sweep it came round N s ago',
          'ok backlog nothing waits',
          'ok letters no dead letters',
        ],
      }),
    );
  });

  it('fails in polling mode without a poller', async () => {
    const { code, found } = await doctor({ TELEGRAM_MODE: 'polling' });
    expect([code, found.at(-1)]).toEqual([1, 'failed poller nobody polls Telegram for updates']);
  });

  it('does not take a killed worker for alive, nor its sweep', async () => {
    await world.stopApp();
    await world.sql(
      `INSERT INTO heartbeats VALUES ('worker:killed', clock_timestamp() - interval '1 minute')`,
    );
    const { code, found } = await doctor();
    expect([code, found[0]]).toEqual([1, 'failed workers none at work: the last was seen N s ago']);
    await world.sql(`UPDATE heartbeats SET beat_at = clock_timestamp() WHERE name = 'worker:killed'`);
    await world.sql(
      `UPDATE heartbeats SET beat_at = clock_timestamp() - interval '1 minute' WHERE name = 'sweep'`,
    );
    const stuck = await doctor();
    expect([stuck.code, stuck.found[1]]).toEqual([
      1,
      'failed sweep it came round N s ago, so nobody finds what a wake-up was lost for',
    ]);
  });

  it('fails without a running process that has an embedded database', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-doctor-'));
    const nobodys = { DATABASE_URL: undefined, DATA_DIR: folder, TELEGRAM_BOT_TOKEN: undefined };
    const { code, found } = await doctor({ ...nobodys, TELEGRAM_MODE: 'auto' });
    await rm(folder, { recursive: true });
    expect([code, found[0]]).toEqual([
      1,
      `failed workers no process runs that has its database in ${folder}`,
    ]);
  });
});

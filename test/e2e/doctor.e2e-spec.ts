import { createServer as createTlsServer } from 'node:https';
import { once } from 'node:events';
import type { Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { World } from '../support/app.js';
import { TEST_CERTIFICATE, TEST_KEY } from '../support/certificate.js';
import { freePort } from '../support/free-port.js';
import type { Environment } from '../../src/platform/config/read-settings.js';
import { allowedUpdates } from '../../src/telegram/receiving/allowed-updates.js';
import { runCli } from '../../src/cli/run-cli.js';

let world: World;
/** A port without a listener. */
let nowhere: string;

beforeAll(async () => {
  nowhere = `127.0.0.1:${await freePort()}`;
  world = await World.start('postgresql');
});
afterAll(() => world.stop());

/** As from a shell, in the world of the running server except for these settings. */
async function doctor(change: Environment = {}, ...options: string[]) {
  const printed = { out: '', err: '' };
  const code = await runCli(
    ['doctor', ...options],
    () => world.env(change),
    { write: (text) => (printed.out += text) },
    { write: (text) => (printed.err += text) },
  );
  return { code, ...printed };
}

/** Runs it while a process polls, besides the running one. */
async function withPoller<T>(work: () => Promise<T>): Promise<T> {
  const poller = await world.startApp({ TELEGRAM_MODE: 'polling', APP_ROLE: 'web' });
  try {
    return await work();
  } finally {
    await world.stopApp(poller);
  }
}

/** The findings about one subject, each with its remedy. */
function about(out: string, thing: string): string[] {
  return out
    .replaceAll(/\n\s+->/g, ' ->')
    .split('\n')
    .filter((line) => line.split(/\s+/)[1] === thing)
    .map((line) => line.replaceAll(/\s+/g, ' '));
}

/** Of connections from now on. */
const synchronousCommit = (value: 'on' | 'off') =>
  world.sql(`DO $$ BEGIN
    EXECUTE format('ALTER DATABASE %I SET synchronous_commit = ${value}', current_database());
  END $$`);

describe('doctor', () => {
  it('finds no fault in a working deployment', async () => {
    // Tests do without: their data need not survive a power cut.
    await synchronousCommit('on');
    const { code, out, err } = await withPoller(() => doctor({ TELEGRAM_MODE: 'polling' }));
    await synchronousCommit('off');
    expect([code, err]).toEqual([0, '']);
    expect(out).not.toMatch(/failed|warning/);
    expect(about(out, 'token')[0]).toContain(`ok token @${world.telegram.bot.username}`);
    expect(about(out, 'webhook')).toEqual(['ok webhook none, as polling needs it']);
    expect(about(out, 'database')[0]).toMatch(/^ok .*all migrations applied$/);
    expect(about(out, 'model')[0]).toMatch(/^ok model double at 127\.0\.0\.1:\d+ answered in/);
    expect(about(out, 'clock')).toHaveLength(2);
    expect(about(out, 'workers')).toEqual(['ok workers 1 at work']);
    expect(about(out, 'sweep')[0]).toMatch(/^ok sweep it came round \d+ s ago$/);
    expect(about(out, 'poller')).toEqual(['ok poller a process polls Telegram']);
    expect(about(out, 'backlog')).toEqual(['ok backlog nothing waits']);
    expect(about(out, 'letters')).toEqual(['ok letters no dead letters']);
  });

  it('warns of a database that may lose acknowledged commits', async () => {
    const { code, out } = await doctor();
    expect(code).toBe(0);
    expect(about(out, 'database')[1]).toMatch(
      /^warning database COMMITS_NOT_FLUSHED: .* -> set synchronous_commit to on$/,
    );
  });

  it('shows no secret that a provider quotes', async () => {
    const key = 'sk-quoted:by/the+provider';
    const quoted = [key, encodeURIComponent(key), Buffer.from(key).toString('base64')];
    world.model.script('Answer with the word', { status: 401, message: `wrong key: ${quoted.join(' ')}` });
    const { code, out, err } = await doctor({ OPENAI_API_KEY: key, OPENAI_MODEL: 'locked' });
    expect(code).toBe(1);
    expect(about(out, 'model')[0]).toContain('wrong key: [redacted] [redacted] [redacted]');
    for (const form of quoted) expect(out + err).not.toContain(form.slice(0, -2));
    world.model.script('Answer with the word', { text: 'ready' });
  });

  it('names the remedy for each part that is down, and exits with 1', async () => {
    const { code, out, err } = await doctor({
      TELEGRAM_API_ROOT: `http://${nowhere}`,
      DATABASE_URL: `postgresql://nobody@${nowhere}/none`,
      REDIS_URL: `redis://${nowhere}`,
      OPENAI_BASE_URL: `http://${nowhere}/v1`,
    });
    expect([code, err]).toEqual([1, '4 to mend, marked "failed" above\n']);
    for (const [thing, todo] of [
      ['token', 'TELEGRAM_API_ROOT'],
      ['database', 'DATABASE_URL'],
      ['queue', 'REDIS_URL'],
      ['model', 'OPENAI_BASE_URL'],
    ] as const) {
      const [line] = about(out, thing);
      expect(line).toContain(`failed ${thing}`);
      expect(line).toMatch(new RegExp(`-> .*${todo}`));
    }
  });

  it('prints the same findings as JSON, and exits with 1 all the same', async () => {
    const down = { DATABASE_URL: `postgresql://nobody@${nowhere}/none`, REDIS_URL: `redis://${nowhere}` };
    const { code, out, err } = await doctor(down, '--json');
    expect([code, err]).toEqual([1, '2 to mend, marked "failed" above\n']);
    const { ok, findings } = JSON.parse(out);
    expect(ok).toBe(false);
    expect(findings[0]).toEqual({ about: 'settings', verdict: 'ok', says: 'read and valid', todo: null });
    expect(findings.filter(({ verdict }: { verdict: string }) => verdict === 'failed')).toEqual([
      {
        about: 'database',
        verdict: 'failed',
        says: expect.any(String),
        todo: expect.stringContaining('DATABASE_URL'),
      },
      {
        about: 'queue',
        verdict: 'failed',
        says: expect.any(String),
        todo: expect.stringContaining('REDIS_URL'),
      },
    ]);
    expect(JSON.parse((await doctor({}, '--json')).out)).toMatchObject({ ok: true });
  });

  it('distinguishes a wrong token from a network that is down', async () => {
    world.telegram.failNext({
      method: 'getMe',
      with: { kind: 'answer', status: 401, description: 'Unauthorized' },
    });
    const { code, out } = await doctor();
    expect(code).toBe(1);
    expect(about(out, 'token')[0]).toMatch(/failed token .*Unauthorized -> ask @BotFather/);
    expect(out).not.toContain(world.telegram.token);
  });

  it('names each model of the chain that does not answer', async () => {
    const { code, out } = await doctor({
      OPENAI_FALLBACK_MODELS: 'other=spare',
      OPENAI_PROVIDERS: `other=http://${nowhere}/v1`,
    });
    expect(code).toBe(1);
    expect(about(out, 'model').map((line) => line.slice(0, 18))).toEqual([
      'ok model double at',
      'failed model spare',
    ]);
  });

  it('asks the model with a tool, which some models refuse', async () => {
    const before = world.model.calls.length;
    await doctor();
    expect(world.model.calls.slice(before)).toEqual([
      expect.objectContaining({
        tools: [expect.objectContaining({ function: expect.objectContaining({ name: 'noop' }) })],
      }),
    ]);
  });
});

describe('doctor about the webhook', () => {
  const PUBLIC_URL = 'https://bot.localhost:8443';
  /** A foreign change of the webhook at Telegram. */
  const delivers = (url: string, allowed_updates: readonly string[] = allowedUpdates) =>
    Object.assign(world.telegram.webhook, { url, allowed_updates });
  const webhookMode = { TELEGRAM_MODE: 'webhook', PUBLIC_URL };

  it.each([
    ['none', '', /failed webhook Telegram does not deliver to .* yet -> .*webhook set/],
    [
      'another’s',
      'https://other.example/hook',
      /failed webhook Telegram delivers to https:\/\/other\.example/,
    ],
  ])('finds %s', async (_what, url, said) => {
    delivers(url);
    const { code, out } = await doctor(webhookMode);
    expect(code).toBe(1);
    expect(about(out, 'webhook')[0]).toMatch(said);
  });

  it('finds kinds that Telegram withholds', async () => {
    delivers(
      `${PUBLIC_URL}/webhook/telegram`,
      allowedUpdates.filter((kind) => kind !== 'message_reaction'),
    );
    expect(about((await doctor(webhookMode)).out, 'webhook')).toEqual([
      `ok webhook Telegram delivers to ${PUBLIC_URL}/webhook/telegram`,
      'warning webhook Telegram keeps back: message_reaction -> npm run cli -- webhook set',
    ]);
  });

  it('finds a webhook in polling mode', async () => {
    delivers('https://other.example/hook');
    const { code, out } = await doctor({ TELEGRAM_MODE: 'polling' });
    expect(code).toBe(1);
    expect(about(out, 'webhook')[0]).toMatch(/polling gets nothing -> .*webhook delete/);
    delivers('');
  });
});

describe('doctor about the public address', () => {
  it('recognises the webhook, and whether the server there has the same secret', async () => {
    const { out } = await doctor({ PUBLIC_URL: world.app.url });
    expect(about(out, 'TLS')[0]).toMatch(/^failed TLS .* is not https/);
    expect(about(out, 'address')[0]).toMatch(/^ok address .*\/webhook\/telegram leads to the door$/);
    expect(about(out, 'secret')).toEqual(['ok secret the server there has the same TELEGRAM_WEBHOOK_SECRET']);
    const other = await doctor({ PUBLIC_URL: world.app.url, TELEGRAM_WEBHOOK_SECRET: 'another' });
    expect(about(other.out, 'secret')).toEqual([
      expect.stringMatching(/^failed secret the server there answers 401/),
      expect.stringMatching(/^warning secret TELEGRAM_WEBHOOK_SECRET has 7 characters/),
    ]);
    expect(other.out).not.toContain('another');
  });

  it('recognises another server', async () => {
    const { code, out } = await doctor({ PUBLIC_URL: world.telegram.root });
    expect(code).toBe(1);
    expect(about(out, 'address')[0]).toMatch(/failed address .* answers 404/);
  });

  it('refuses a certificate that Telegram would not trust', async () => {
    const server = createTlsServer({ key: TEST_KEY, cert: TEST_CERTIFICATE });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { code, out } = await doctor({ PUBLIC_URL: `https://127.0.0.1:${portOf(server)}` });
    server.close();
    expect(code).toBe(1);
    expect(about(out, 'TLS')).toEqual([
      expect.stringMatching(/failed TLS port \d+: Telegram knows 443/),
      expect.stringMatching(/failed TLS (self-signed|unable to verify)/i),
    ]);
  });
});

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('it does not listen');
  return address.port;
}

it('takes no arguments', async () => {
  const sink = { write: () => undefined };
  expect(await runCli(['doctor', 'please'], () => world.env(), sink, sink)).toBe(2);
});

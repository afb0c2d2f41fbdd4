import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TelegramDouble } from '../../test/support/telegram-double.js';
import { runCli } from './run-cli.js';

describe('webhook', () => {
  let telegram: TelegramDouble;
  let support: TelegramDouble;
  let folder: string;

  beforeAll(async () => {
    telegram = await TelegramDouble.start();
    support = telegram.addBot('support_bot');
    folder = mkdtempSync(join(tmpdir(), 'turnpike-webhook-'));
    const bots = { support: { token: support.token, webhookSecret: 'secret-of-support' } };
    writeFileSync(join(folder, 'bots.json'), JSON.stringify({ bots }));
  });
  afterAll(async () => {
    await telegram.close();
    rmSync(folder, { recursive: true });
  });

  async function webhook(...args: string[]) {
    const [out, err]: [string[], string[]] = [[], []];
    const environment = () => ({
      TELEGRAM_BOT_TOKEN: telegram.token,
      TELEGRAM_API_ROOT: telegram.root,
      TELEGRAM_WEBHOOK_SECRET: 'secret-of-the-first',
      TELEGRAM_BOTS_FILE: join(folder, 'bots.json'),
      PUBLIC_URL: 'https://bot.example.org',
    });
    const code = await runCli(
      ['webhook', ...args],
      environment,
      { write: (text) => out.push(text) },
      { write: (text) => err.push(text) },
    );
    return { code, out: out.join(''), err: err.join('') };
  }

  it('registers, shows and deletes the webhook of the named bot, and of no other', async () => {
    const address = 'https://bot.example.org/webhook/telegram';
    expect(await webhook('set')).toMatchObject({ code: 0, out: `Telegram delivers to ${address}\n` });
    expect(await webhook('set', '--bot', 'support')).toMatchObject({
      code: 0,
      out: `Telegram delivers to ${address}/support\n`,
    });
    expect(telegram.webhook).toMatchObject({ url: address, secret_token: 'secret-of-the-first' });
    expect(support.webhook).toMatchObject({ url: `${address}/support`, secret_token: 'secret-of-support' });

    expect((await webhook('delete', '--bot', 'support')).code).toBe(0);
    expect(JSON.parse((await webhook('info', '--bot', 'support')).out)).toMatchObject({ url: '' });
    expect(JSON.parse((await webhook('info')).out)).toMatchObject({ url: address });
  });

  it.each([
    [['set', '--bot', 'sales'], 1, 'no bot "sales" in TELEGRAM_BOTS_FILE\nit has: support\n'],
    [
      ['set', '--bot'],
      2,
      "option '--bot <NAME>' argument missing; usage: npm run cli -- webhook set [options]",
    ],
    [['set', 'support'], 2, "too many arguments for 'set'"],
    [['set', '--bto', 'support'], 2, "unknown option '--bto' (did you mean --bot?); usage"],
    [['renew'], 2, "unknown command 'renew'; usage: npm run cli -- webhook"],
    [['inof'], 2, "unknown command 'inof' (did you mean info?)"],
    [[], 2, 'missing command; usage: npm run cli -- webhook'],
  ])('names the mistake in %j', async (args, code, words) => {
    const { err, ...outcome } = await webhook(...args);
    expect(outcome).toEqual({ code, out: '' });
    expect(err).toContain(words);
  });
});

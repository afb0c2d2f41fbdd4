import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../platform/config/setting-secrets.js';
import { readBotsFile } from './bots-file.js';
import { loadSettings } from '../../settings/settings.js';

const TOKEN = '222:a-token-of-support';
const MAIN = '111:the-token-of-the-first';
const main = { token: MAIN, webhookSecrets: ['a-token-of-the-first', 'a-token-of-before'] };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'turnpike-bots-file-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(content: string, name = 'bots.json'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const read = (bots: unknown, env = {}) => readBotsFile(write(JSON.stringify({ bots })), env, main);

describe('The file of bots', () => {
  it('gives each bot its own settings', () => {
    const { bots, secrets, problems } = read(
      {
        support: {
          token: '${SUPPORT_TOKEN}',
          webhookSecret: 'secret_2',
          webhookSecretPrevious: 'secret_1',
          systemPrompt: 'You are support.',
          model: 'gpt-5.4-nano',
          chatRateLimit: 10,
          allowedChats: [5, '-1001234567890'],
        },
        'sales-2': { token: '333:another' },
      },
      { SUPPORT_TOKEN: TOKEN },
    );
    expect(problems).toEqual([]);
    expect(secrets).toEqual([TOKEN, 'secret_2', 'secret_1', '333:another']);
    expect(bots).toEqual([
      {
        name: 'support',
        token: TOKEN,
        webhookSecret: 'secret_2',
        previousWebhookSecret: 'secret_1',
        systemPrompt: 'You are support.',
        model: 'gpt-5.4-nano',
        chatRateLimit: 10,
        allowedChats: ['5', '-1001234567890'],
      },
      {
        name: 'sales-2',
        token: '333:another',
        webhookSecret: null,
        previousWebhookSecret: null,
        systemPrompt: null,
        model: null,
        chatRateLimit: null,
        allowedChats: null,
      },
    ]);
  });

  it('reads a prompt from a file of its own', () => {
    const systemPromptFile = write('You are support.\n', 'support.md');
    expect(read({ support: { token: TOKEN, systemPromptFile } }).bots[0]?.systemPrompt).toBe(
      'You are support.\n',
    );
  });

  it.each<[string, unknown, RegExp]>([
    ['no object', null, /^has no object "bots"/],
    ['a list', [{ name: 'support', token: TOKEN }], /^has no object "bots"/],
    ['no token', { support: {} }, /^bot "support": token must look like 123456:ABC-DEF/],
    ['a bad token', { support: { token: 'secret-word' } }, /^bot "support": token must look like/],
    [
      'no such variable',
      { support: { token: '${NONE}' } },
      /^bot "support": token: the variable NONE is not/,
    ],
    ['a bad name', { Support: { token: TOKEN } }, /^bot "Support": its name must be 1-32 of/],
    ['a number as a name', { '42': { token: TOKEN } }, /^bot "42": its name must .* begin with a letter/],
    ['a bad secret', { a: { token: TOKEN, webhookSecret: 'a b' } }, /^bot "a": webhookSecret must be 1-256/],
    ['no rate', { a: { token: TOKEN, chatRateLimit: 0 } }, /^bot "a": chatRateLimit must not be less than 1/],
    ['a bad chat', { a: { token: TOKEN, allowedChats: ['me'] } }, /^bot "a": allowedChats must be a list of/],
    [
      'an empty prompt',
      { a: { token: TOKEN, systemPrompt: '' } },
      /^bot "a": systemPrompt should not be empty/,
    ],
    [
      'no such file',
      { a: { token: TOKEN, systemPromptFile: './none.md' } },
      /^bot "a": systemPromptFile cannot/,
    ],
    ['an unknown field', { a: { token: TOKEN, limit: 3 } }, /^bot "a": property limit should not exist/],
    ['no entry', { a: 'x' }, /^bot "a": must be an object/],
    [
      'the first one’s token',
      { a: { token: '111:renewed' } },
      /^bot "a": token is of the same bot as TELEGRAM_BOT/,
    ],
    [
      'the first one’s secret',
      { a: { token: TOKEN, webhookSecret: 'a-token-of-before' } },
      /^bot "a": webhookSecret, or .* is that of the bot of TELEGRAM_BOT_TOKEN too; each/,
    ],
    [
      'a secret twice',
      {
        a: { token: TOKEN, webhookSecret: 'a-token-of-a' },
        b: { token: '333:x', webhookSecret: 'x', webhookSecretPrevious: 'a-token-of-a' },
      },
      /^bot "b": webhookSecret, or .* is that of "a" too; each/,
    ],
    ['a token twice', { a: { token: TOKEN }, b: { token: '222:x' } }, /^bot "b": .* as that of "a"; each/],
  ])('names the fault of %s, and shows no secret', (_name, bots, problem) => {
    const { problems } = read(bots);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toMatch(problem);
    expect(problems[0]).not.toContain('secret-word');
    expect(problems[0]).not.toContain('a-token-of');
  });

  it('may begin with a byte order mark, as some editors write it', () => {
    const path = write(`\uFEFF${JSON.stringify({ bots: { support: { token: TOKEN } } })}`);
    expect(readBotsFile(path, {}, main)).toMatchObject({ bots: [{ name: 'support' }], problems: [] });
  });

  it.each([
    ['is empty', () => write(''), /^is not JSON \(for example/],
    [
      'is not JSON',
      () => write('{"bots": {"support": {"token": "222:a-token-of"'),
      /^is not JSON \(for example/,
    ],
    ['is not there', () => join(folder, 'none.json'), /^cannot be read: .* \(for example .\/bots.json\)$/],
  ])('reports that it %s', (_name, path, problem) => {
    expect(readBotsFile(path(), {}, main).problems).toEqual([expect.stringMatching(problem)]);
  });
});

describe('Bots in the settings', () => {
  const settingsOf = (bot: object, env = {}) => {
    const bots = { support: { token: TOKEN, ...bot } };
    return loadSettings({
      TELEGRAM_BOT_TOKEN: MAIN,
      TELEGRAM_BOTS_FILE: write(JSON.stringify({ bots })),
      ...env,
    });
  };

  it('apply between the conversation and the deployment', () => {
    const { agent, model, chatLimit } = settingsOf(
      { systemPrompt: 'You are support.', model: 'small', chatRateLimit: 3 },
      { AGENT_SYSTEM_PROMPT: 'You are first.', CHAT_RATE_LIMIT: '9' },
    );
    expect([agent.promptIn('telegram'), agent.promptIn('telegram:support')]).toEqual([
      'You are first.',
      'You are support.',
    ]);
    expect([chatLimit.limitOf('telegram:-5'), chatLimit.limitOf('telegram:support:-5')]).toEqual([9, 3]);
    const own = (channel: string, of: string | null) => model.ownModelOf({ channel, model: of });
    expect([own('telegram', null), own('telegram:support', null), own('telegram:support', 'x')]).toEqual([
      null,
      'small',
      'x',
    ]);
  });

  it('use the deployment’s settings for any that they lack', () => {
    const { telegram } = settingsOf(
      {},
      { TELEGRAM_ALLOWED_CHATS: '7', PUBLIC_URL: '', TELEGRAM_REACTIONS: 'true' },
    );
    const [main, support] = telegram.ofAll();
    expect(main).toBe(telegram);
    expect(support).toMatchObject({ channel: 'telegram:support', allowedChats: ['7'], reactions: true });
    expect(support?.webhookSecret).toBeUndefined();
  });

  it('never share their secrets', () => {
    const { telegram } = settingsOf({ webhookSecret: 'own' }, { TELEGRAM_WEBHOOK_SECRET: 'first' });
    expect(telegram.ofAll().map(({ botToken, webhookSecret }) => [botToken, webhookSecret])).toEqual([
      [MAIN, 'first'],
      [TOKEN, 'own'],
    ]);
    expect(telegram.ofAbsent('telegram:gone').botToken).toBeUndefined();
  });

  it('are kept out of the log', () => {
    expect(secretsOf(settingsOf({ webhookSecret: 'a-secret-of-support' }))).toEqual(
      expect.arrayContaining([TOKEN, 'a-secret-of-support']),
    );
  });

  it.each([
    [
      {},
      { TELEGRAM_BOT_TOKEN: '' },
      'TELEGRAM_BOT_TOKEN is missing: the bots of TELEGRAM_BOTS_FILE come besides',
    ],
    [{}, { PUBLIC_URL: 'https://a.example.org', TELEGRAM_WEBHOOK_SECRET: 's' }, 'webhookSecret is missing'],
    [
      { webhookSecret: 'x' },
      { NODE_ENV: 'production' },
      'bot "support": a webhookSecret has fewer than 16 characters',
    ],
    [
      { webhookSecret: 'wLk3_9sdkfj2-Zx81kQpo', webhookSecretPrevious: 'aaaaaaaaaaaaaaaaaaaa' },
      { NODE_ENV: 'production' },
      'bot "support": a webhookSecret has fewer than 8 different characters',
    ],
    [{ model: 'nobody=x' }, {}, 'model names a provider or model that is not there: "nobody=x"'],
    [{ model: 'priceless' }, { BUDGET_DAY_USD: '1' }, 'MODEL_PRICES has no price for priceless'],
  ])('stop the start: %j with %j', (bot, env, problem) => {
    expect(() => settingsOf(bot, env)).toThrow(problem);
  });
});

import { describe, expect, it } from 'vitest';
import { SettingsError } from '../platform/config/read-settings.js';
import { envExample } from '../cli/env-example.command.js';
import { assertComplete, loadSettings, settingsClasses } from './settings.js';
import { variablesOf } from '../platform/config/variable.js';

const production = {
  NODE_ENV: 'production',
  TELEGRAM_BOT_TOKEN: '123456:ABC-DEF',
  OPENAI_API_KEY: 'sk-secret-key',
  ADMIN_API_KEY: 'an-admin-key-of-16+',
};

function problemsOf(env: Record<string, string>): string {
  try {
    loadSettings(env);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return '';
}

describe('The settings', () => {
  it('name the setting that a misspelt variable resembles, and no value', () => {
    const problems = problemsOf({ TELEGRAM_BOT_TOKN: '123456:ABC-DEF' });
    expect(problems).toContain('TELEGRAM_BOT_TOKN is no setting: TELEGRAM_BOT_TOKEN is meant');
    expect(problems).not.toContain('ABC-DEF');
  });

  it('refuse a public address without TLS, except for a local Bot API server', () => {
    const PUBLIC_URL = 'http://bot.example.org';
    expect(problemsOf({ PUBLIC_URL, TELEGRAM_MODE: 'passive' })).toContain(
      'PUBLIC_URL must be an https address',
    );
    const own = { PUBLIC_URL, TELEGRAM_MODE: 'passive', TELEGRAM_API_ROOT: 'http://127.0.0.1:8081' };
    expect(problemsOf(own)).toBe('');
  });

  it('do not take an empty list for everyone', () => {
    const lists = [
      'TELEGRAM_ALLOWED_CHATS',
      'TELEGRAM_OWNERS',
      'APPROVAL_USERS',
      'TOOLS_ALLOWED',
      'TRUSTED_PROXIES',
    ];
    for (const name of lists) {
      for (const nothing of [',', ' , ,'])
        expect(problemsOf({ [name]: nothing })).toContain(`${name} is a list of nothing`);
      expect(problemsOf({ [name]: ' ' })).toBe('');
    }
  });

  it('of a real bot without a model are incomplete', () => {
    const real = loadSettings({ TELEGRAM_BOT_TOKEN: '123456:ABC-DEF' });
    expect(() => assertComplete(real)).toThrow(
      /OPENAI_API_KEY or OPENAI_BASE_URL is missing: with TELEGRAM_BOT/,
    );
  });

  it.each(['TELEGRAM_ALLOWED_CHATS', 'TELEGRAM_OWNERS', 'APPROVAL_USERS'])(
    'refuse the example of %s in .env.example as a value',
    (name) => {
      const [, value = ''] = new RegExp(`^# ${name}=(.*)$`, 'm').exec(envExample()) ?? [];
      expect(problemsOf({ [name]: value })).toContain(name);
    },
  );

  it('have a default for every variable outside production', () => {
    const settings = loadSettings({});
    expect(settings.server).toMatchObject({ host: '127.0.0.1', port: 3000, role: 'all' });
    expect(settings.chatLimit).toMatchObject({
      limit: 20,
      periodMs: 60_000,
      mode: 'defer',
      backlogLimit: 200,
    });
    expect(settings.telegram.receiving).toBe('polling');
  });

  it('accept a budget in dollars only if each possible model has a price', () => {
    const env = { BUDGET_DAY_USD: '1.5', OPENAI_FALLBACK_MODELS: 'own' };
    expect(problemsOf(env)).toContain('MODEL_PRICES has no price for own');
    const { budget } = loadSettings({ ...env, MODEL_PRICES: '{"own":{"input":1,"output":2}}' });
    expect(budget.dayMicroUsd).toBe(1_500_000n);
    expect(budget.prices.get('own')).toEqual({ input: 1_000_000n, output: 2_000_000n });
    expect(problemsOf({ OPENAI_FALLBACK_MODELS: 'own' })).toBe('');
    const elsewhere = {
      OPENAI_PROVIDERS: 'p=http://localhost:1',
      MODEL_PRICES: '{"own":{"input":1,"output":2}}',
    };
    expect(problemsOf({ ...env, ...elsewhere, OPENAI_FALLBACK_MODELS: 'p=own' })).toBe('');
  });

  it('know models of several providers', () => {
    const { model } = loadSettings({
      OPENAI_MODEL: 'groq=openai/gpt-oss-120b',
      OPENAI_FALLBACK_MODELS: 'llama3.3:70b, local=qwen3:8b',
      OPENAI_PROVIDERS: 'groq=https://api.groq.com/openai/v1, local=http://localhost:11434/v1',
      OPENAI_PROVIDER_KEYS: 'groq=gsk_==',
      OPENAI_TEMPERATURE: '0.7',
    });
    expect(model.fallbackModels).toEqual(['llama3.3:70b', 'local=qwen3:8b']);
    expect([...model.providers.keys()]).toEqual(['groq', 'local']);
    expect(model.providerKeys.get('groq')).toBe('gsk_==');
    expect(model.temperature).toBe(0.7);
  });

  it.each([
    ['true', 'edit'],
    ['1', 'edit'],
    ['edit', 'edit'],
    ['Draft', 'draft'],
    ['false', 'off'],
    ['no', 'off'],
    ['', 'edit'],
  ])('read AGENT_STREAMING=%s as %s', (text, mode) => {
    expect(loadSettings({ AGENT_STREAMING: text }).streaming.mode).toBe(mode);
  });

  it('treat an empty variable as unset', () => {
    expect(loadSettings({ PORT: '', REDIS_URL: ' ' }).server.port).toBe(3000);
  });

  it.each([
    ['PORT', 'eighty', 'PORT=3000'],
    ['PORT', '65536', 'PORT=3000'],
    ['PORT', '3000.5', 'PORT=3000'],
    ['APP_ROLE', 'boss', 'APP_ROLE=all'],
    ['NODE_ENV', 'Production', 'NODE_ENV=production'],
    ['NODE_ENV', 'prod', 'NODE_ENV=production'],
    ['NODE_ENV', 'staging', 'NODE_ENV=production'],
    ['CHAT_RATE_LIMIT', '-1', 'CHAT_RATE_LIMIT=20'],
    ['CHAT_RATE_LIMIT', '1e3', 'CHAT_RATE_LIMIT=20'],
    ['CHAT_RATE_MODE', 'maybe', 'CHAT_RATE_MODE=defer'],
    ['TELEGRAM_ALLOWED_CHATS', '12,bob', 'TELEGRAM_ALLOWED_CHATS=123456789'],
    ['TELEGRAM_ACCESS', 'closed', 'TELEGRAM_ACCESS=pairing'],
    ['TELEGRAM_OWNERS', '12,-3', 'TELEGRAM_OWNERS=123456789'],
    ['TELEGRAM_API_ROOT', 'api.telegram.org', 'TELEGRAM_API_ROOT=https'],
    ['OPENAI_BASE_URL', 'localhost', 'OPENAI_BASE_URL=http'],
    ['OPENAI_PROVIDERS', 'groq', 'OPENAI_PROVIDERS=groq=https'],
    ['OPENAI_PROVIDERS', 'groq=api.groq.com', 'OPENAI_PROVIDERS=groq=https'],
    ['OPENAI_PROVIDERS', 'a=http://x,a=http://y', 'OPENAI_PROVIDERS=groq=https'],
    ['OPENAI_MODEL', 'groq=gpt-oss', 'OPENAI_PROVIDERS=groq=https'],
    ['OPENAI_FALLBACK_MODELS', 'gpt-5.4-nano,groq=', 'OPENAI_PROVIDERS=groq=https'],
    ['OPENAI_REASONING_EFFORT', 'lots', 'OPENAI_REASONING_EFFORT=low'],
    ['OPENAI_TEMPERATURE', '2.1', 'OPENAI_TEMPERATURE=0.7'],
    ['OPENAI_TEMPERATURE', 'warm', 'OPENAI_TEMPERATURE=0.7'],
    ['OPENAI_MAX_OUTPUT_TOKENS', '0', 'OPENAI_MAX_OUTPUT_TOKENS=4000'],
    ['REDIS_URL', 'localhost:6379', 'REDIS_URL=redis://'],
    ['LOG_LEVEL', 'loud', 'LOG_LEVEL=info'],
    ['LOG_PRETTY', 'perhaps', 'LOG_PRETTY=false'],
    ['AGENT_SYSTEM_PROMPT_FILE', './no-such-file.md', './prompt.md'],
    ['BUDGET_TURN_TOKENS', '-1', 'BUDGET_TURN_TOKENS=200000'],
    ['BUDGET_DAY_USD', 'a lot', 'BUDGET_DAY_USD=100'],
    ['BUDGET_DAY_USD', '0', 'BUDGET_DAY_USD=100'],
    ['MODEL_PRICES', '{"own":1}', 'MODEL_PRICES={"my-model"'],
    ['MODEL_PRICES_FILE', './no-such-file.json', './prices.json'],
    ['BUDGET_USER_DAY_TOKENS', '4096', 'BUDGET_ANSWER_TOKENS'],
  ])('name %s and show an example when it is "%s"', (name, value, example) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toContain(name);
    expect(problems).toContain(example);
  });

  it.each([
    ['TELEGRAM_BOT_TOKEN', 'not a token'],
    ['TELEGRAM_WEBHOOK_SECRET', 'with space'],
    ['DATABASE_URL', 'mysql://user:pass@host/db'],
    ['ADMIN_API_KEY', 'short'],
    ['OPENAI_PROVIDER_KEYS', 'gsk_secret'],
    ['OPENAI_PROVIDER_KEYS', 'groq=gsk_secret'],
  ])('never print the value of %s', (name, value) => {
    const problems = problemsOf({ [name]: value });
    expect(problems).toContain(name);
    expect(problems).not.toContain(value);
  });

  it('report all faults at once', () => {
    const problems = problemsOf({ PORT: 'x', CHAT_RATE_LIMIT: 'y' });
    expect(problems).toContain('PORT');
    expect(problems).toContain('CHAT_RATE_LIMIT');
  });

  it('are enough for production with token, model and admin key', () => {
    expect(problemsOf(production)).toBe('');
  });

  it.each(['TELEGRAM_BOT_TOKEN', 'OPENAI_API_KEY', 'ADMIN_API_KEY'])(
    'refuse production without %s',
    (name) => {
      expect(problemsOf({ ...production, [name]: '' })).toContain(name);
    },
  );

  it.each([
    ['ADMIN_API_KEY', 'aaaaaaaaaaaaaaaa'],
    ['ADMIN_API_KEY', 'at-least-16-random-characters'],
    ['TELEGRAM_WEBHOOK_SECRET', 'a'],
    ['TELEGRAM_WEBHOOK_SECRET', '1234567890123456'],
    ['TELEGRAM_WEBHOOK_SECRET_PREVIOUS', 'old'],
  ])('refuse a guessable %s in production, and accept it elsewhere', (name, value) => {
    const wanted = { TELEGRAM_WEBHOOK_SECRET: 'wLk3_9sdkfj2-Zx81kQpo', TELEGRAM_MODE: 'passive' };
    const problems = problemsOf({ ...production, ...wanted, [name]: value });
    expect(problems).toContain(name);
    expect(problems).toContain('nobody guesses');
    if (value.length > 1) expect(problems).not.toContain(value);
    expect(problemsOf({ [name]: value })).toBe('');
  });

  it('know every secret that grants access', () => {
    const doors = Object.values(settingsClasses).flatMap((type) =>
      variablesOf(type).flatMap(({ name, opensDoor }) => (opensDoor ? [name] : [])),
    );
    expect(doors).toEqual(['TELEGRAM_WEBHOOK_SECRET', 'TELEGRAM_WEBHOOK_SECRET_PREVIOUS', 'ADMIN_API_KEY']);
  });

  it('require an address and a secret to receive webhooks', () => {
    const problems = problemsOf({ TELEGRAM_MODE: 'webhook' });
    expect(problems).toContain('PUBLIC_URL');
    expect(problems).toContain('TELEGRAM_WEBHOOK_SECRET');
    expect(problemsOf({ ...production, TELEGRAM_MODE: 'passive' })).toContain('TELEGRAM_WEBHOOK_SECRET');
  });
});

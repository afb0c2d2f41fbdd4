import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DatabaseSettings } from '../database/database.settings.js';
import { ServerSettings } from '../http/server.settings.js';
import { SecretsKey } from './secrets-key.js';
import { SecretsSettings } from './secrets.settings.js';

let dataDir: string;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'turnpike-key-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const key = (settings: Partial<SecretsSettings>, server: Partial<ServerSettings> = {}) =>
  new SecretsKey(
    Object.assign(new SecretsSettings(), settings),
    Object.assign(new DatabaseSettings(), { dataDir }),
    Object.assign(new ServerSettings(), server),
  );

describe('The key of secrets', () => {
  it('is the one of the settings', () => {
    const secretsKey = Buffer.alloc(32, 7).toString('base64');
    expect(key({ secretsKey }, { nodeEnv: 'production' }).get()).toEqual(Buffer.alloc(32, 7));
  });

  it('is made and kept outside production, when it is needed first', () => {
    const first = key({});
    expect(() => readFileSync(join(dataDir, 'secrets-key'))).toThrow();
    expect(first.get()).toHaveLength(32);
    expect(key({}).get()).toEqual(first.get());
  });

  it('is missing in production without the setting', () => {
    expect(() => key({}, { nodeEnv: 'production' }).get()).toThrow('SECRETS_KEY is not set');
  });
});

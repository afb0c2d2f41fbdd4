import { Controller, Get, Logger, UseGuards } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { AdminSettings } from './admin.settings.js';
import { DatabaseSettings } from '../../platform/database/database.settings.js';
import { AdminKey } from './admin-key.js';
import { AdminKeyGuard } from './admin-key.guard.js';
import { AdminRequestKey } from './admin-request-key.js';

const dataDir = mkdtempSync(join(tmpdir(), 'turnpike-admin-key-'));
const key = 'an-admin-key-of-24-chars';

@Controller()
@UseGuards(AdminKeyGuard)
class GuardedController {
  @Get()
  get(): string {
    return 'in';
  }
}

const apps: NestFastifyApplication[] = [];

async function start(apiKey: string | undefined, log: (line: unknown) => void = () => {}) {
  const module = await Test.createTestingModule({
    controllers: [GuardedController],
    providers: [
      { provide: AdminSettings, useValue: Object.assign(new AdminSettings(), { apiKey }) },
      { provide: DatabaseSettings, useValue: Object.assign(new DatabaseSettings(), { dataDir }) },
      AdminKey,
      AdminRequestKey,
    ],
  })
    .setLogger({ log, warn: log, error: log })
    .compile();
  const app = module.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  await app.init();
  apps.push(app);
  return (authorization?: string) =>
    app.inject({ url: '/', headers: authorization === undefined ? {} : { authorization } });
}

afterEach(async () => {
  await Promise.all(apps.splice(0).map((app) => app.close()));
  Logger.overrideLogger(false);
});

afterAll(() => rmSync(dataDir, { recursive: true, force: true }));

describe('AdminKeyGuard', () => {
  it('accepts the right key, however the scheme is spelled', async () => {
    const get = await start(key);
    for (const header of [`Bearer ${key}`, `bearer ${key}`, `BEARER   ${key}`]) {
      expect((await get(header)).statusCode).toBe(200);
    }
  });

  it.each([
    undefined,
    '',
    'Bearer',
    'Bearer ',
    'Bearer nope',
    `Basic ${key}`,
    key,
    `Bearer ${key}x`,
    `Bearer x${key}`,
  ])('refuses %j with 401 and names the scheme it requires', async (header) => {
    const answer = await (await start(key))(header);
    expect(answer.statusCode).toBe(401);
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="admin"');
    expect(answer.body).not.toContain(key);
  });

  it('reads a key beyond ASCII as its UTF-8 bytes', async () => {
    const get = await start('schlüssel-für-die-tür');
    expect((await get(`Bearer ${Buffer.from('schlüssel-für-die-tür').toString('latin1')}`)).statusCode).toBe(
      200,
    );
  });

  it('generates a key where none is set, and prints it once', async () => {
    const lines: string[] = [];
    const get = await start(undefined, (line) => void lines.push(JSON.stringify(line)));
    const printed = lines.filter((line) => line.includes('ADMIN_API_KEY'));
    expect(printed).toHaveLength(1);
    const generated = /it is ([\w-]{32})/.exec(printed[0] ?? '')?.[1] ?? '';
    expect((await get(`Bearer ${generated}`)).statusCode).toBe(200);
    expect((await get('Bearer ')).statusCode).toBe(401);
  });

  it('prints no line about a key that is set', async () => {
    const lines: string[] = [];
    await start(key, (line) => void lines.push(JSON.stringify(line)));
    expect(lines.join()).not.toMatch(/ADMIN_API_KEY|an-admin-key/);
  });
});

import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { loadSettings } from '../settings/settings.js';
import { SettingsModule } from '../platform/config/settings.module.js';
import { Gates } from '../platform/http/gates.js';
import { HttpModule } from '../platform/http/http.module.js';
import { callMethod } from './bot-api/simulator.fixture.js';
import { BotApiSimulator } from './bot-api-simulator.js';
import { PlaygroundModule } from './playground.module.js';

let app: NestFastifyApplication | null = null;
let simulator: BotApiSimulator | undefined;

afterEach(async () => {
  await app?.close();
  await simulator?.stop();
  [app, simulator] = [null, undefined];
});

/** Runs on a loopback port, even with another HOST. */
async function start(HOST = '127.0.0.1', log: (line: unknown) => void = () => {}): Promise<string> {
  const imports = [
    SettingsModule.forRoot(loadSettings({ HOST })),
    HttpModule,
    PlaygroundModule.forRoot(simulator),
  ];
  const built = await Test.createTestingModule({ imports })
    .setLogger({ log, warn: log, error: log })
    .compile();
  app = built.createNestApplication<NestFastifyApplication>(new FastifyAdapter());
  app.get(Gates).guard(app.getHttpAdapter().getInstance());
  await app.listen(0, '127.0.0.1');
  return app.getUrl();
}

async function startWithSimulator(...given: Parameters<typeof start>): Promise<string> {
  simulator = await BotApiSimulator.start();
  return start(...given);
}

const post = (url: string, body: object, headers: Record<string, string> = {}, path = 'messages') =>
  fetch(`${url}/playground/api/${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });

describe('The playground', () => {
  it('is a page that loads its files from here only', async () => {
    const url = await startWithSimulator();
    const page = await fetch(`${url}/playground`);
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
    const html = await page.text();
    expect(html).not.toMatch(/(src|href)="(https?:)?\/\//);
    for (const [, path] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await fetch(url + path)).status).toBe(200);
    }
  });

  it('writes as a user and shows both sides of the chat', async () => {
    const url = await startWithSimulator();
    const unwritten = await (await fetch(`${url}/playground/api/chats/5/messages`)).json();
    expect(unwritten).toMatchObject({ chatId: 5, messages: [] });
    expect((await post(url, { chatId: 5, text: 'hello' })).status).toBe(202);

    const chat = await (await fetch(`${url}/playground/api/chats/5/messages`)).json();
    expect(chat).toMatchObject({ chatId: 5, messages: [{ from: 'user', text: 'hello' }] });
    const chats = await (await fetch(`${url}/playground/api/chats`)).json();
    expect(chats).toMatchObject([{ chatId: 5, lastText: 'hello' }]);
  });

  it.each([
    { chatId: 5, text: '' },
    { chatId: 5, text: ' \n' },
    { chatId: 5, text: 'x'.repeat(4097) },
    { chatId: 0, text: 'a' },
    { chatId: '5', text: 'a' },
    { chatId: 2 ** 53, text: 'a' },
    { chatId: 5 },
    { chatId: 5, text: 'a', surprise: 1 },
  ])('refuses %j', async (body) => {
    expect((await post(await startWithSimulator(), body)).status).toBe(400);
    expect(simulator?.chats()).toEqual([]);
  });

  it('presses a visible button, and no other', async () => {
    const url = await startWithSimulator();
    await post(url, { chatId: 5, text: 'hello' });
    if (!simulator) throw new Error('no simulator');
    const reply_markup = { inline_keyboard: [[{ text: 'Yes', callback_data: 'yes' }]] };
    const { result } = await callMethod(simulator, 'sendMessage', {
      chat_id: 5,
      text: 'May I?',
      reply_markup,
    });
    const button = { chatId: 5, messageId: Object(result).message_id, data: 'yes' };
    const press = async (change: object, headers?: Record<string, string>) =>
      (await post(url, { ...button, ...change }, headers, 'presses')).status;

    expect(await press({})).toBe(202);
    expect(simulator.waiting).toBe(2);
    for (const other of [{ data: 'no' }, { messageId: 1 }, { chatId: 6 }])
      expect(await press(other)).toBe(404);
    for (const wrong of [
      { data: '' },
      { data: 'x'.repeat(65) },
      { messageId: '1' },
      { chatId: 0 },
      { more: 1 },
    ])
      expect(await press(wrong)).toBe(400);
    expect(await press({}, { origin: 'https://example.org' })).toBe(403);
    expect(simulator.waiting).toBe(2);
  });

  it('refuses requests of another site’s page', async () => {
    const url = await startWithSimulator();
    const body = { chatId: 5, text: 'a' };
    const foreign: Record<string, string>[] = [
      { origin: 'https://example.org' },
      { origin: 'null' },
      { 'sec-fetch-site': 'cross-site' },
    ];
    for (const headers of foreign) {
      expect((await post(url, body, headers)).status).toBe(403);
    }
    expect((await post(url, body, { origin: url })).status).toBe(202);
  });

  it('refuses a page under a name that its owner resolves to this machine, even as its own origin', async () => {
    await startWithSimulator();
    const message = JSON.stringify({ chatId: 5, text: 'a' });
    const ask = (host: string, method: 'GET' | 'POST', url: string) =>
      app?.inject({
        method,
        url,
        headers: { host, origin: `http://${host}`, 'content-type': 'application/json' },
        ...(method === 'POST' ? { payload: message } : {}),
      });
    for (const [method, url] of [
      ['POST', '/playground/api/messages'],
      ['GET', '/playground/api/chats'],
      ['GET', '/playground/api/chats/5/messages'],
      ['GET', '/playground'],
    ] as const)
      expect((await ask('rebound.example:3000', method, url))?.statusCode, url).toBe(403);
    expect(simulator?.chats()).toEqual([]);
    expect((await ask('localhost:3000', 'POST', '/playground/api/messages'))?.statusCode).toBe(202);
  });

  it.each([
    ['0.0.0.0', 1],
    ['127.0.0.1', 0],
  ])('warns at the start that other machines reach it: HOST=%s', async (host, times) => {
    const lines: string[] = [];
    await startWithSimulator(host, (line) => void lines.push(JSON.stringify(line)));
    expect(lines.filter((line) => line.includes('open to everybody'))).toHaveLength(times);
  });

  it('streams the changes in one chat, and lets the application stop while a page is open', async () => {
    const url = await startWithSimulator();
    const stream = (await fetch(`${url}/playground/api/chats/5/stream`)).body?.pipeThrough(
      new TextDecoderStream(),
    );
    const reader = stream?.getReader();
    let seen = '';
    const readUntil = async (words: string) => {
      while (!seen.includes(words)) seen += (await reader?.read())?.value ?? '';
    };
    await readUntil('event: ready');
    simulator?.say(6, { firstName: 'Ada' }, 'elsewhere');
    simulator?.say(5, { firstName: 'Ada' }, 'here');
    await readUntil('"here"');
    expect(seen).not.toContain('elsewhere');

    await app?.close();
    app = null;
    await expect(reader?.read()).resolves.toEqual({ done: true, value: undefined });
  });

  it('says why it is off when a real bot is connected', async () => {
    const page = await fetch(`${await start()}/playground`);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('TELEGRAM_BOT_TOKEN');
  });
});

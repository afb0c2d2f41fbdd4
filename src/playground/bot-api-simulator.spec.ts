import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../test/support/eventually.js';
import { Clock } from '../platform/runtime/clock.js';
import { ADA, call, CHAT, telegram, useSimulator } from './bot-api/simulator.fixture.js';
import { BotApiSimulator } from './bot-api-simulator.js';
import { listenOnLoopback, stopServer } from './loopback.js';

useSimulator();

describe('Updates delivered by getUpdates', () => {
  it('come in order, until an offset confirms them', async () => {
    const [first, second] = ['a', 'b'].map((text) => telegram.say(CHAT, ADA, text).update_id);
    expect((await call('getUpdates')).result).toMatchObject([{ update_id: first }, { update_id: second }]);
    expect((await call('getUpdates', { offset: second })).result).toMatchObject([{ update_id: second }]);
    expect((await call('getUpdates', { offset: Number(second) + 1 })).result).toEqual([]);
  });

  it('describe a forwarded message and an edited one', async () => {
    const origin = { type: 'hidden_user', sender_user_name: 'Eve', date: 1 } as const;
    telegram.say(CHAT, ADA, 'hers', origin);
    const written = telegram.say(CHAT, ADA, 'frist');
    telegram.change(written, 'first');
    const { message_id } = written.message ?? {};
    expect((await call('getUpdates')).result).toMatchObject([
      { message: { text: 'hers', forward_origin: origin } },
      { message: { text: 'frist', message_id } },
      { edited_message: { text: 'first', message_id, edit_date: expect.any(Number) } },
    ]);
    expect(telegram.chat(CHAT)?.messages.map(({ text }) => text)).toEqual(['hers', 'first']);
  });

  it('hold a poll until they come', async () => {
    const polled = call('getUpdates', { timeout: 50 });
    await waitFor(() => telegram.calls.has('getUpdates'));
    telegram.say(CHAT, ADA, 'late');
    expect((await polled).result).toMatchObject([{ message: { text: 'late' } }]);
  });

  it('go to the newest poller only, and to none while a webhook is set', async () => {
    const polled = call('getUpdates', { timeout: 50 });
    await waitFor(() => telegram.calls.has('getUpdates'));
    await call('getUpdates');
    expect(await polled).toMatchObject({
      error_code: 409,
      description:
        'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    });

    await call('setWebhook', { url: 'http://127.0.0.1:9/' });
    expect(await call('getUpdates')).toMatchObject({
      error_code: 409,
      description:
        "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    });
    await call('deleteWebhook');
    expect(await call('getUpdates')).toMatchObject({ ok: true });
  });
});

describe('Updates delivered by webhook', () => {
  let webhook: Server;
  let received: { text: string; secret: unknown }[];
  let answers: { status: number; headers?: Record<string, string> }[];

  beforeEach(async () => {
    [received, answers] = [[], []];
    webhook = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { message } = JSON.parse(Buffer.concat(chunks).toString());
        received.push({ text: message.text, secret: request.headers['x-telegram-bot-api-secret-token'] });
        const { status, headers } = answers.shift() ?? { status: 200 };
        response.writeHead(status, headers).end('{"status":"queued"}');
      });
    });
    telegram.deliverTo(await listenOnLoopback(webhook), 'sesame');
  });

  afterEach(() => stopServer(webhook));

  const taken = () => waitFor(() => telegram.waiting === 0);
  const texts = () => received.map(({ text }) => text);

  it('carry the secret, and their acknowledgement shows in the chat', async () => {
    telegram.say(CHAT, ADA, '/start');
    await taken();
    expect(received).toEqual([{ text: '/start', secret: 'sesame' }]);
    expect(telegram.chat(CHAT)?.messages[0]?.ack).toMatchObject({
      status: 200,
      outcome: 'queued',
      attempt: 1,
    });
  });

  it('come again at once when refused, before later ones of their chat', async () => {
    answers = [{ status: 503 }];
    for (const text of ['a', 'b']) telegram.say(CHAT, ADA, text);
    await taken();
    expect(texts()).toEqual(['a', 'a', 'b']);
    expect([...telegram.acks].map(({ status, attempt }) => [status, attempt])).toEqual([
      [503, 1],
      [200, 2],
      [200, 1],
    ]);
    expect((await call('getWebhookInfo')).result).toMatchObject({
      last_error_message: 'Wrong response from the webhook: 503 Service Unavailable',
      pending_update_count: 0,
    });
  });

  it('wait as long as Retry-After asks, while other chats go on', async () => {
    answers = [{ status: 429, headers: { 'retry-after': '3600' } }];
    const acknowledged = once(telegram.events, 'ack');
    telegram.say(CHAT, ADA, 'limited');
    expect(await acknowledged).toMatchObject([{ status: 429 }]);
    telegram.say(78, ADA, 'free');
    await waitFor(() => telegram.waiting === 1);
    expect(texts()).toEqual(['limited', 'free']);
  });

  it('come twice when they are delivered again', async () => {
    telegram.sendAgain(telegram.say(CHAT, ADA, 'a'));
    await taken();
    expect(texts()).toEqual(['a', 'a']);
  });

  it('have ids that no earlier simulator gave', async () => {
    const { update_id: earlier } = telegram.say(CHAT, ADA, 'before');
    const clock = Object.assign(new Clock(), { now: () => new Date(Date.now() + 1_000) });
    const later = await BotApiSimulator.start({ clock });
    expect(later.say(CHAT, ADA, 'after').update_id).toBeGreaterThan(earlier);
    await later.stop();
  });

  it('are not sent beyond this machine', async () => {
    const refused = await call('setWebhook', { url: 'https://example.org/' });
    expect(refused.description).toMatch(/^Bad Request: bad webhook: /);
  });
});

async function waitFor(holds: () => boolean): Promise<void> {
  await eventually(() => expect(holds()).toBe(true));
}

import { createHmac } from 'node:crypto';
import { HttpException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { RetryLaterError } from '../../platform/errors/errors.js';
import { Metrics } from '../../platform/observability/metrics.js';
import { Clock } from '../../platform/runtime/clock.js';
import type { SlidingWindow } from '../../platform/throttling/sliding-window.js';
import { TooManyRequestsException } from '../../platform/throttling/too-many-requests.exception.js';
import { findPreset } from '../schemes/presets/presets.js';
import type { KnownSource } from '../sources/source-directory.js';
import { WebhookReceiver, type WebhookRequest } from './webhook-receiver.js';
import type { NewWebhook } from './webhook.repository.js';

const preset = (name: string) => {
  const found = findPreset(name);
  if (!found) throw new Error(`no preset ${name}`);
  return found;
};
const source = (change: Partial<KnownSource> = {}): KnownSource => ({
  id: 'id',
  name: 'shop',
  preset: preset('github'),
  secrets: ['secret'],
  maxBodyBytes: 1_000,
  ratePerMinute: null,
  ...change,
});
const sign = (body: string, secret = 'secret') =>
  `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
const request = (body: string, change: Partial<WebhookRequest> = {}): WebhookRequest => ({
  method: 'POST',
  url: '/webhook/shop',
  publicUrl: 'https://example.org/webhook/shop',
  headers: {
    'content-type': 'application/json',
    'x-hub-signature-256': sign(body),
    'x-github-event': 'push',
    'x-github-delivery': 'd-1',
  },
  body: Buffer.from(body),
  addresses: ['198.51.100.7'],
  ...change,
});

function receiver(windows: Partial<SlidingWindow> = {}) {
  const stored: NewWebhook[] = [];
  const inbox = { accept: (webhook: NewWebhook) => Promise.resolve((stored.push(webhook), 'queued')) };
  const metrics = new Metrics();
  const made = new WebhookReceiver(inbox as never, windows as never, new Clock(), metrics);
  return {
    stored,
    metrics,
    receive: (...args: Parameters<WebhookReceiver['receive']>) => made.receive(...args),
  };
}
const statusOf = (error: unknown) => (error instanceof HttpException ? error.getStatus() : error);

describe('The receiver', () => {
  it('stores an authentic webhook by its delivery’s id, with its type and its body to the letter', async () => {
    const { receive, stored } = receiver();
    expect(await receive(source(), request('{ "n":1.0 }'))).toEqual({ kind: 'stored', status: 'queued' });
    const payload = '{"type":"push","body":{ "n":1.0 }}';
    expect(stored).toEqual([{ sourceId: 'id', source: 'shop', externalId: 'd-1', payload }]);
  });

  it('takes a digest of the body for an id where there is none, and any of several secrets', async () => {
    const { receive, stored } = receiver();
    const unnamed = source({ preset: preset('alertmanager'), secrets: ['old', 'new'] });
    const headers = { 'content-type': 'application/json', authorization: 'Bearer new' };
    await receive(unnamed, request('{}', { headers }));
    expect(stored[0]?.externalId).toBe(
      'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
    );
  });

  it('refuses what is not authentic in one way, and counts why', async () => {
    const { receive, stored, metrics } = receiver();
    const unsigned = { 'content-type': 'application/json' };
    const wrong = { ...unsigned, 'x-hub-signature-256': sign('{}', 'other') };
    for (const [headers, name] of [
      [unsigned, 'WEBHOOK_MISSING_SIGNATURE'],
      [wrong, 'WEBHOOK_WRONG_SIGNATURE'],
    ] as const) {
      const refusal = receive(source(), request('{}', { headers }));
      await expect(refusal).rejects.toMatchObject({
        name,
        message: 'wrong or missing signature',
        status: 401,
      });
    }
    expect(stored).toEqual([]);
    expect(await metrics.text()).toContain(
      'turnpike_webhooks_total{source="shop",outcome="wrong-signature"} 1',
    );
  });

  it('looks at no body of a stranger', async () => {
    const headers = { 'content-type': 'application/json', 'x-hub-signature-256': 'sha256=00' };
    await expect(receiver().receive(source(), request('{', { headers }))).rejects.toMatchObject({
      status: 401,
    });
  });

  it('answers handshakes, and stores none', async () => {
    const { receive, stored } = receiver();
    const body = '{"type":"url_verification","challenge":"abc"}';
    const time = String(Math.floor(Date.now() / 1_000));
    const headers = {
      'content-type': 'application/json',
      'x-slack-request-timestamp': time,
      'x-slack-signature': `v0=${createHmac('sha256', 'secret').update(`v0:${time}:${body}`).digest('hex')}`,
    };
    const answered = await receive(source({ preset: preset('slack') }), request(body, { headers }));
    expect(answered).toMatchObject({
      kind: 'handshake',
      answer: { status: 200, body: '{"challenge":"abc"}' },
    });
    expect(stored).toEqual([]);
  });

  it('takes webhooks without a signature from this machine alone', async () => {
    const { receive } = receiver();
    const open = source({ preset: preset('none'), secrets: [] });
    for (const addresses of [['127.0.0.1'], ['::1', '::ffff:127.0.0.1']])
      expect((await receive(open, request('{}', { addresses }))).kind).toBe('stored');
    for (const addresses of [['198.51.100.7'], ['198.51.100.7', '127.0.0.1'], ['127.0.0.1', '10.0.0.1']])
      await expect(receive(open, request('{}', { addresses }))).rejects.toMatchObject({ status: 401 });
    for (const passed of [
      { 'x-forwarded-for': '198.51.100.7' },
      { via: '1.1 proxy' },
      { origin: 'https://a.example' },
    ]) {
      const headers = { 'content-type': 'application/json', ...passed };
      const local = request('{}', { addresses: ['127.0.0.1'], headers });
      await expect(receive(open, local)).rejects.toMatchObject({ status: 401 });
    }
  });

  it('refuses bodies and methods that are none of a webhook', async () => {
    const { receive, stored } = receiver();
    const large = `"${'x'.repeat(1_000)}"`;
    const refusals = [request(large), request('{'), request(''), request('{}', { method: 'GET' })];
    const statuses = [];
    for (const one of refusals)
      statuses.push(statusOf(await receive(source(), one).catch((error: unknown) => error)));
    expect(statuses).toEqual([413, 400, 400, 405]);
    expect(stored).toEqual([]);
  });

  it('holds a source to its rate, and only while the rate is known', async () => {
    const limited = source({ ratePerMinute: 5 });
    const full = receiver({
      takeHits: () => Promise.resolve({ granted: 0, retryAfterMs: 1_500, used: 5, at: 0 }),
    });
    const refusal = await full.receive(limited, request('{}')).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(TooManyRequestsException);
    expect(refusal).toMatchObject({ retryAfterSeconds: 2 });
    const away = receiver({ takeHits: () => Promise.reject(new Error('away')) });
    expect((await away.receive(limited, request('{}'))).kind).toBe('stored');
  });

  it('asks to send again where this process cannot read the secrets', async () => {
    await expect(receiver().receive(source({ secrets: null }), request('{}'))).rejects.toThrow(
      RetryLaterError,
    );
  });
});

import { describe, expect, it } from 'vitest';
import { Metrics } from '../../platform/observability/metrics.js';
import { WebhookMetrics, webhookErrorReason } from './webhook-metrics.js';

const info = { url: 'https://bot.example.org', has_custom_certificate: false, pending_update_count: 3 };

describe('webhookErrorReason', () => {
  it.each([
    ['Wrong response from the webhook: 502 Bad Gateway', 'answer'],
    ['Read timeout expired', 'timeout'],
    ['Connection timed out', 'timeout'],
    ['SSL error {error:0A000086:SSL routines::certificate verify failed}', 'tls'],
    ['Failed to resolve host: Name or service not known', 'name'],
    ['Connection refused', 'connection'],
    ['Connection reset by peer', 'connection'],
    ['something new', 'other'],
    [undefined, 'other'],
  ])('of %s is %s', (message, reason) => {
    expect(webhookErrorReason(message)).toBe(reason);
  });
});

describe('WebhookMetrics', () => {
  it('reports no sample before the first look, and then Telegram’s latest record', async () => {
    const metrics = new Metrics();
    const webhook = new WebhookMetrics(metrics);
    expect(samples(await metrics.text())).toEqual([]);
    const refused = { ...info, last_error_date: 50, last_error_message: 'Connection refused' };
    webhook.show('telegram', refused, info.url);
    webhook.show('telegram', { ...info, last_error_date: 60, last_error_message: 'Read timeout' }, info.url);
    expect(samples(await metrics.text())).toEqual([
      'turnpike_webhook_ours{channel="telegram"} 1',
      'turnpike_webhook_pending_updates{channel="telegram"} 3',
      'turnpike_webhook_last_error_timestamp_seconds{channel="telegram",reason="timeout"} 60',
    ]);
    webhook.show('telegram', { ...info, url: 'https://other.example' }, info.url);
    expect(samples(await metrics.text())).toEqual([
      'turnpike_webhook_ours{channel="telegram"} 0',
      'turnpike_webhook_pending_updates{channel="telegram"} 3',
    ]);
  });

  it('reports each bot by itself', async () => {
    const metrics = new Metrics();
    const webhook = new WebhookMetrics(metrics);
    webhook.show('telegram', info, info.url);
    webhook.show('telegram:support', { ...info, pending_update_count: 7 }, 'https://elsewhere.example');
    expect(samples(await metrics.text())).toEqual([
      'turnpike_webhook_ours{channel="telegram"} 1',
      'turnpike_webhook_ours{channel="telegram:support"} 0',
      'turnpike_webhook_pending_updates{channel="telegram"} 3',
      'turnpike_webhook_pending_updates{channel="telegram:support"} 7',
    ]);
  });
});

const samples = (text: string) => text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '../../../test/support/eventually.js';
import { TelegramDouble } from '../../../test/support/telegram-double.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { Random } from '../../platform/runtime/random.js';
import { BotApi } from '../bot-api/bot-api.js';
import { allowedUpdates } from './allowed-updates.js';
import { Pauses } from '../bot-api/pauses.js';
import { Metrics } from '../../platform/observability/metrics.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookRegistration } from './webhook-registration.js';
import { sightOf, WebhookWatch } from './webhook-watch.js';

const URL = 'https://bot.example.org/webhook/telegram';
const fine = {
  url: URL,
  has_custom_certificate: false,
  pending_update_count: 2,
  allowed_updates: [...allowedUpdates],
};

describe('The state of a webhook', () => {
  it('is fine when it is ours, complete and without a new failure', () => {
    expect(sightOf(fine, URL, 0)).toEqual({ kind: 'fine', pending: 2 });
    const failed = { ...fine, last_error_date: 50, last_error_message: 'Wrong response: 502' };
    expect(sightOf(failed, URL, 50)).toEqual({ kind: 'fine', pending: 2 });
    expect(sightOf(failed, URL, 49)).toMatchObject({ kind: 'failing', error: 'Wrong response: 502' });
  });

  it('is taken when its address is another or missing', () => {
    expect(sightOf({ ...fine, url: 'https://other.example' }, URL, 0)).toMatchObject({ kind: 'elsewhere' });
    expect(sightOf({ ...fine, url: '' }, URL, 0)).toEqual({ kind: 'elsewhere', url: '' });
  });

  it('is incomplete when some kinds of updates are missing', () => {
    expect(sightOf({ ...fine, allowed_updates: ['message'] }, URL, 0)).toEqual({
      kind: 'kept-back',
      missing: allowedUpdates.filter((kind) => kind !== 'message'),
    });
    expect(sightOf({ ...fine, allowed_updates: undefined }, URL, 0).kind).toBe('kept-back');
  });
});

/** A minute ends when the test says so; if the test is early, the next one ends. */
class Minutes extends Pauses {
  private over = 0;
  private pass: (() => void) | null = null;

  override async wait(_ms: number, signal: AbortSignal): Promise<void> {
    if (this.over > 0) {
      this.over -= 1;
      return;
    }
    await new Promise<void>((resolve) => {
      this.pass = resolve;
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
  }

  next(): void {
    if (this.pass) this.pass();
    else this.over += 1;
    this.pass = null;
  }
}

describe('WebhookWatch', () => {
  let telegram: TelegramDouble;
  let minutes: Minutes;
  let logged: string[];
  let metrics: Metrics;
  let work: Promise<void>;
  let stop: AbortController;

  beforeEach(async () => {
    telegram = await TelegramDouble.start();
    minutes = new Minutes(new Random());
    logged = [];
    metrics = new Metrics();
    // Other files of this worker may still log.
    const keep = ({ msg }: { msg: string }, ...more: readonly unknown[]) => {
      if (more.at(-1) === WebhookWatch.name) logged.push(msg);
    };
    Logger.overrideLogger({ log: keep, warn: keep, error: keep });
    const settings = Object.assign(new TelegramSettings(), {
      botToken: telegram.token,
      apiRoot: telegram.root,
      publicUrl: 'https://bot.example.org',
      webhookSecret: 'a_secret',
    });
    const api = new BotApi(settings);
    const registration = new WebhookRegistration(settings, api, minutes);
    stop = new AbortController();
    await registration.register(URL, stop.signal);
    work = new WebhookWatch(settings, api, registration, minutes, new WebhookMetrics(metrics)).run(
      stop.signal,
    );
  });
  afterEach(async () => {
    stop.abort();
    // A call that is under way rejects with the reason.
    await Promise.allSettled([work]);
    Logger.overrideLogger(false);
    await telegram.close();
  });

  const look = async () => {
    const looks = telegram.callsOf('getWebhookInfo').length;
    minutes.next();
    await eventually(() => expect(telegram.callsOf('getWebhookInfo').length).toBe(looks + 1));
  };

  it('logs once that another took the webhook over, leaves it alone, and logs when it is back', async () => {
    Object.assign(telegram.webhook, { url: 'https://other.example' });
    await look();
    await eventually(() => expect(logged).toHaveLength(1));
    await look();
    await look();
    expect(logged).toEqual(['webhook is no longer ours: updates do not come here']);
    expect(telegram.callsOf('setWebhook')).toHaveLength(1);
    Object.assign(telegram.webhook, { url: URL });
    await look();
    await eventually(() => expect(logged).toContain('webhook is ours again'));
  });

  it('requests missing kinds of updates again', async () => {
    Object.assign(telegram.webhook, { allowed_updates: ['message'] });
    await look();
    await eventually(() => expect(telegram.webhook['allowed_updates']).toEqual([...allowedUpdates]));
    expect(telegram.callsOf('setWebhook')).toHaveLength(2);
  });

  it('passes its result to the metrics', async () => {
    telegram.push({ update_id: 1 }, { update_id: 2 });
    Object.assign(telegram.webhook, { last_error_date: 1_700_000_000 });
    await look();
    await eventually(async () => {
      const text = await metrics.text();
      expect(text).toContain('turnpike_webhook_pending_updates{channel="telegram"} 2');
      expect(text).toContain(
        'turnpike_webhook_last_error_timestamp_seconds{channel="telegram",reason="other"} 1700000000',
      );
    });
  });

  it('logs a failure of Telegram’s deliveries once', async () => {
    Object.assign(telegram.webhook, { last_error_date: 1_700_000_000, last_error_message: 'timeout' });
    await look();
    await eventually(() => expect(logged).toEqual(['webhook deliveries fail']));
    await look();
    await look();
    expect(logged).toHaveLength(1);
  });
});

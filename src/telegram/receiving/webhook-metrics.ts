import { Injectable } from '@nestjs/common';
import type { WebhookInfo } from '@grammyjs/types';
import { Metrics } from '../../observability/metrics.js';

/** What kept Telegram's deliveries from us. Its own words name addresses and change from time to time; the log has them. */
export type WebhookErrorReason = 'answer' | 'timeout' | 'tls' | 'name' | 'connection' | 'other';

/** In this order: "SSL error: connection reset" is about TLS. As tdlib's Bot API server words them. */
const wordings: readonly (readonly [WebhookErrorReason, RegExp])[] = [
  ['answer', /wrong response/i],
  ['tls', /ssl|tls|certificate/i],
  ['timeout', /time(d )?[ -]?out/i],
  ['name', /resolve|dns|host(name)? not found/i],
  ['connection', /connect|refused|reset|closed|unreachable|reserved/i],
];

/** Pure; total. @param message `last_error_message` (https://core.telegram.org/bots/api#webhookinfo) */
export function webhookErrorReason(message: string | undefined): WebhookErrorReason {
  return wordings.find(([, words]) => words.test(message ?? ''))?.[0] ?? 'other';
}

/** What Telegram has on record of our webhook, as last seen; no sample before the first look. */
@Injectable()
export class WebhookMetrics {
  private readonly ours: (value: number | null) => void;
  private readonly pending: (value: number | null) => void;
  private readonly lastError: (values: ReadonlyMap<WebhookErrorReason, number>) => void;

  constructor(metrics: Metrics) {
    this.ours = metrics.gauge(
      'webhook_ours',
      '1: Telegram sends updates to our address, 0: elsewhere or nowhere',
    );
    this.pending = metrics.gauge('webhook_pending_updates', 'Updates that Telegram has not delivered yet');
    const help = 'When Telegram last failed to deliver an update, in Unix time, by what kept it from us';
    this.lastError = metrics.gauges('webhook_last_error_timestamp_seconds', help, 'reason');
  }

  /** @param url ours */
  show({ url, pending_update_count, last_error_date, last_error_message }: WebhookInfo, ours: string): void {
    this.ours(url === ours ? 1 : 0);
    this.pending(pending_update_count);
    const failed = last_error_date
      ? [[webhookErrorReason(last_error_message), last_error_date] as const]
      : [];
    this.lastError(new Map(failed));
  }
}

import { Injectable } from '@nestjs/common';
import type { WebhookInfo } from '@grammyjs/types';
import { Metrics, type Sample } from '../../platform/observability/metrics.js';

/**
 * The reason why Telegram's deliveries failed. Its own words name addresses and change from time to time; the log has
 * them.
 */
export type WebhookErrorReason = 'answer' | 'timeout' | 'tls' | 'name' | 'connection' | 'other';

/** In this order: "SSL error: connection reset" is about TLS. The wording is that of tdlib's Bot API server. */
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

/** Telegram's latest record of each bot's webhook; no sample before the first look. */
@Injectable()
export class WebhookMetrics {
  private readonly seen = new Map<string, { readonly info: WebhookInfo; readonly isOurs: boolean }>();
  private readonly ours: (samples: readonly Sample<'channel'>[]) => void;
  private readonly pending: (samples: readonly Sample<'channel'>[]) => void;
  private readonly lastError: (samples: readonly Sample<'channel' | 'reason'>[]) => void;

  constructor(metrics: Metrics) {
    const ours = '1: Telegram sends updates to our address, 0: elsewhere or nowhere';
    this.ours = metrics.gauges('webhook_ours', ours, ['channel']);
    const pending = 'Updates that Telegram has not delivered yet';
    this.pending = metrics.gauges('webhook_pending_updates', pending, ['channel']);
    const failed = 'When Telegram last failed to deliver an update, in Unix time, by what kept it from us';
    this.lastError = metrics.gauges('webhook_last_error_timestamp_seconds', failed, ['channel', 'reason']);
  }

  /** @param ours the address that the channel's bot registers */
  show(channel: string, info: WebhookInfo, ours: string): void {
    this.seen.set(channel, { info, isOurs: info.url === ours });
    const all = [...this.seen].map(([of, { info: record, isOurs }]) => ({
      of: { channel: of },
      record,
      isOurs,
    }));
    this.ours(all.map(({ of, isOurs }) => ({ of, value: isOurs ? 1 : 0 })));
    this.pending(all.map(({ of, record }) => ({ of, value: record.pending_update_count })));
    this.lastError(
      all.flatMap(({ of, record: { last_error_date: value, last_error_message: words } }) =>
        value ? [{ of: { ...of, reason: webhookErrorReason(words) }, value }] : [],
      ),
    );
  }
}

import { Logger } from '@nestjs/common';
import type { WebhookInfo } from '@grammyjs/types';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { BotApi } from '../bot-api/bot-api.js';
import { allowedUpdates } from './allowed-updates.js';
import { Pauses } from '../bot-api/pauses.js';
import { WebhookMetrics } from './webhook-metrics.js';
import { WebhookRegistration } from './webhook-registration.js';

const LOOK_EVERY_MS = 60_000;

/** The part of `getWebhookInfo` that needs action by an operator or this process. */
export type WebhookSight =
  /** Another installation, or a person, set another address, or none: updates do not come here. */
  | { readonly kind: 'elsewhere'; readonly url: string }
  /** The server keeps the list of kinds until it gets another, and this one differs from ours. */
  | { readonly kind: 'kept-back'; readonly missing: readonly string[] }
  | { readonly kind: 'failing'; readonly atSeconds: number; readonly error: string; readonly pending: number }
  | { readonly kind: 'fine'; readonly pending: number };

/** Pure. @param since failures before it are known, in Unix seconds as Telegram counts */
export function sightOf(info: WebhookInfo, url: string, since: number): WebhookSight {
  if (info.url !== url) return { kind: 'elsewhere', url: info.url ?? '' };
  const kinds = new Set<string>(info.allowed_updates ?? []);
  const missing = allowedUpdates.filter((kind) => !kinds.has(kind));
  if (missing.length > 0) return { kind: 'kept-back', missing };
  const atSeconds = info.last_error_date ?? 0;
  const pending = info.pending_update_count;
  if (atSeconds <= since) return { kind: 'fine', pending };
  return { kind: 'failing', atSeconds, error: info.last_error_message ?? 'no reason given', pending };
}

/**
 * Checks our webhook once a minute (https://core.telegram.org/bots/api#getwebhookinfo): whether it is still ours,
 * whether all kinds of updates come, whether deliveries fail before they reach our log. It leaves an address that
 * another installation has set alone: two installations that each reset theirs would alternate for ever.
 */
export class WebhookWatch {
  private readonly logger = new Logger(WebhookWatch.name);
  private failedAt = 0;
  private lostTo: string | null = null;

  constructor(
    private readonly settings: TelegramSettings,
    private readonly botApi: BotApi,
    private readonly registration: WebhookRegistration,
    private readonly pauses: Pauses,
    private readonly metrics: WebhookMetrics,
  ) {}

  /** Until `signal` is aborted. A failed check is repeated a minute later. */
  async run(signal: AbortSignal): Promise<void> {
    const { webhookUrl } = this.settings;
    if (webhookUrl === null) return;
    while (!signal.aborted) {
      await this.pauses.wait(LOOK_EVERY_MS, signal);
      if (signal.aborted) return;
      const info = await this.botApi.call((api) => api.getWebhookInfo(), signal);
      if (!info.ok) continue;
      this.metrics.show(this.settings.channel, info.value, webhookUrl);
      await this.actOn(sightOf(info.value, webhookUrl, this.failedAt), webhookUrl, signal);
    }
  }

  private async actOn(sight: WebhookSight, ours: string, signal: AbortSignal): Promise<void> {
    if (sight.kind !== 'elsewhere' && this.lostTo !== null) {
      this.lostTo = null;
      this.logger.log({ msg: 'webhook is ours again', url: ours });
    }
    switch (sight.kind) {
      case 'elsewhere':
        return this.lost(sight.url, ours);
      case 'kept-back': {
        this.logger.warn({
          msg: 'webhook registered anew: kinds of updates were left out',
          missing: sight.missing,
        });
        await this.registration.register(ours, signal);
        return;
      }
      case 'failing':
        this.failedAt = sight.atSeconds;
        this.logger.warn({
          msg: 'webhook deliveries fail',
          error: sight.error,
          at: new Date(sight.atSeconds * 1_000).toISOString(),
          pending: sight.pending,
          hint: 'npm run cli -- doctor looks at the address from outside',
        });
        return;
      case 'fine':
        this.logger.debug({ msg: 'webhook looked at', pending: sight.pending });
    }
  }

  /** Once for each address: it stays so until an operator fixes it. */
  private lost(url: string, ours: string): void {
    if (this.lostTo === url) return;
    this.lostTo = url;
    this.logger.error({
      msg: 'webhook is no longer ours: updates do not come here',
      url: url === '' ? 'none' : url,
      ours,
      hint: 'another installation uses this bot’s token, or deleted its webhook; stop that, then npm run cli -- webhook set',
    });
  }
}

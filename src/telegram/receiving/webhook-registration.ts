import { Logger } from '@nestjs/common';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { allowedUpdates } from './allowed-updates.js';
import { BotApi, type CallResult } from '../bot-api/bot-api.js';
import { pauseAskedFor } from '../bot-api/call-failure.js';
import { Pauses } from '../bot-api/pauses.js';

/**
 * Updates Telegram may deliver at once, each of another chat (1-100, default 40). The most: an update is acknowledged
 * within milliseconds, so a burst of chats should not wait in Telegram's queue.
 */
const MAX_CONNECTIONS = 100;

/** Registers the webhook's address with Telegram (https://core.telegram.org/bots/api#setwebhook). */
export class WebhookRegistration {
  private readonly logger = new Logger(WebhookRegistration.name);

  constructor(
    private readonly settings: TelegramSettings,
    private readonly botApi: BotApi,
    private readonly pauses: Pauses,
  ) {}

  /**
   * Registers until it succeeds, or `signal` is aborted. Keeps waiting updates. Harmless to repeat, so every process
   * may do it at its start.
   */
  async keepTrying(signal: AbortSignal): Promise<void> {
    const { webhookUrl: url } = this.settings;
    if (url === null) {
      this.logger.error({ msg: 'webhook not registered', hint: 'set PUBLIC_URL, or TELEGRAM_MODE=polling' });
      return;
    }
    for (let failures = 1; !signal.aborted; failures++) {
      const result = await this.register(url, signal);
      if (result.ok) {
        this.logger.log({ msg: 'webhook registered', url });
        return;
      }
      const { failure } = result;
      const asked = pauseAskedFor(failure);
      this.logger.warn({ msg: 'webhook not registered yet', url, failures, error: failure.description });
      await this.pauses.wait(Math.max(this.pauses.afterFailures(failures), asked), signal);
    }
  }

  /** One try. */
  register(url: string, signal: AbortSignal): Promise<CallResult<true>> {
    const { webhookSecret } = this.settings;
    return this.botApi.call(
      (api) =>
        api.setWebhook({
          url,
          ...(webhookSecret !== undefined && { secret_token: webhookSecret }),
          allowed_updates: allowedUpdates,
          max_connections: MAX_CONNECTIONS,
          drop_pending_updates: false,
        }),
      signal,
    );
  }
}

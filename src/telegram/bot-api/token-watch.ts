import { Logger } from '@nestjs/common';
import type { TelegramSettings } from '../settings/telegram.settings.js';
import { HealthPart } from '../../platform/health/health-registry.js';
import { Pauses } from './pauses.js';
import type { BotApi } from './bot-api.js';

/**
 * Handles a token that Telegram does not know (401): all other calls stop, the process is not ready, and one probe at a
 * time, at growing intervals, finds out when the token works again. Waiting replies are then sent.
 */
export class TokenWatch extends HealthPart {
  readonly name: string;
  /** A process with several bots stays ready as long as one of them works. */
  override readonly group = 'telegramToken';
  private readonly logger = new Logger(TokenWatch.name);

  constructor(
    private readonly settings: TelegramSettings,
    private readonly botApi: BotApi,
    private readonly pauses: Pauses,
  ) {
    super();
    this.name = settings.name === null ? this.group : `${this.group}:${settings.name}`;
  }

  async check(): Promise<void> {
    await Promise.resolve();
    if (this.botApi.tokenRefused) throw new Error(`Telegram does not know ${this.settings.tokenSetting}`);
  }

  /** Until `signal` is aborted. Never rejects. */
  async watch(signal: AbortSignal): Promise<void> {
    const { channel, tokenSetting } = this.settings;
    while (await this.botApi.whenTokenRefused(signal)) {
      this.logger.error({
        msg: 'Telegram does not know the bot’s token, nothing is sent',
        channel,
        hint: `set ${tokenSetting} to the token that @BotFather shows for the bot, and start again`,
      });
      await this.probe(signal);
      if (!this.botApi.tokenRefused) this.logger.log({ msg: 'Telegram knows the token again', channel });
    }
  }

  private async probe(signal: AbortSignal): Promise<void> {
    for (let failures = 1; this.botApi.tokenRefused && !signal.aborted; failures++) {
      await this.pauses.wait(this.pauses.afterFailures(failures), signal);
      // Rejects when it is aborted, and then the loop ends.
      await this.botApi.tryToken(signal).catch(() => undefined);
    }
  }
}

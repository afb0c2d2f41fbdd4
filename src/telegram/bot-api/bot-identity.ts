import { Logger } from '@nestjs/common';
import { BotApi } from './bot-api.js';
import type { BotName } from './bot-name.js';
import { Pauses } from './pauses.js';
import { pauseAskedFor } from './call-failure.js';

/**
 * Fetches the bot's own name (getMe), needed to recognise in groups that the bot is addressed. Never delays the start.
 */
export class BotIdentity {
  private readonly logger = new Logger(BotIdentity.name);
  private name: BotName | null = null;

  constructor(
    private readonly botApi: BotApi,
    private readonly pauses: Pauses,
  ) {}

  /** Null until Telegram has answered. */
  get known(): BotName | null {
    return this.name;
  }

  /** Asks until the name is known or `signal` is aborted. Never rejects. */
  async learn(signal: AbortSignal): Promise<void> {
    for (let failures = 1; !signal.aborted; failures++) {
      try {
        const me = await this.botApi.call((api) => api.getMe(), signal);
        if (me.ok) {
          this.name = { id: me.value.id, username: me.value.username };
          this.logger.log({ msg: 'bot identified', botId: this.name.id, username: this.name.username });
          return;
        }
        this.logger.warn({ msg: 'bot not identified yet', failures, error: me.failure.description });
        const pauseMs = Math.max(this.pauses.afterFailures(failures), pauseAskedFor(me.failure));
        await this.pauses.wait(pauseMs, signal);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
    }
  }
}

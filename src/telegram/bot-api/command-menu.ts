import { Injectable, Logger } from '@nestjs/common';
import { BotApi } from './bot-api.js';
import { botCommands } from './bot-commands.js';

/** Publishes what a user can type (https://core.telegram.org/bots/api#setmycommands). */
@Injectable()
export class CommandMenu {
  private readonly logger = new Logger(CommandMenu.name);

  constructor(private readonly botApi: BotApi) {}

  /** One try, best effort: the commands work without the menu. */
  async publish(signal: AbortSignal): Promise<void> {
    const result = await this.botApi.call((api) => api.setMyCommands({ commands: botCommands }), signal);
    if (!result.ok)
      this.logger.warn({ msg: 'command menu not published', error: result.failure.description });
  }
}

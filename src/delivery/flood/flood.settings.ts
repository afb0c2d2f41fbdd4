import { IsInt, Max, Min } from 'class-validator';
import { FromEnv, integer } from '../../platform/config/variable.js';

/**
 * Telegram's limits for one bot ("My bot is hitting limits" in https://core.telegram.org/bots/faq). Other Bot API
 * servers, and bots that pay for broadcasts, may send more.
 */
export class FloodSettings {
  @FromEnv('TELEGRAM_BOT_PER_SECOND', {
    description: 'messages and edits that the bot sends a second, to all chats together',
    example: '30',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  botPerSecond = 30;

  @FromEnv('TELEGRAM_CHAT_PER_SECOND', {
    description: 'messages and edits that one chat is sent a second, over three seconds: three at once pass',
    example: '1',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  chatPerSecond = 1;

  @FromEnv('TELEGRAM_GROUP_PER_MINUTE', {
    description: 'messages and edits that one group is sent a minute',
    example: '20',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  groupPerMinute = 20;
}

import { IsBoolean, IsIn, IsInt, Max, Min } from 'class-validator';
import { flag, FromEnv, integer } from '../config/variable.js';

export const chatRateModes = ['defer', 'reject'] as const;

export class ChatLimitSettings {
  @FromEnv('CHAT_RATE_LIMIT', {
    description: 'messages a chat may have processed in any window of CHAT_RATE_PERIOD_MS',
    example: '20',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  limit = 20;

  /** The limits of bots that have one of their own, by channel. */
  limitsOfBots: ReadonlyMap<string, number> = new Map();

  @FromEnv('CHAT_RATE_PERIOD_MS', {
    description: 'length of that window, in milliseconds',
    example: '60000',
    parse: integer,
  })
  @IsInt()
  @Min(100)
  @Max(86_400_000)
  periodMs = 60_000;

  @FromEnv('CHAT_RATE_MODE', {
    description:
      'defer: over the limit, processed when the window allows; reject: answered 429 with Retry-After',
    example: 'defer',
  })
  @IsIn(chatRateModes)
  mode: (typeof chatRateModes)[number] = 'defer';

  @FromEnv('CHAT_BACKLOG_LIMIT', {
    description:
      'unprocessed messages one chat may have; past it a message is dropped and the chat is told once',
    example: '200',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(1_000_000)
  backlogLimit = 200;

  @FromEnv('CHAT_WAIT_NOTICE', {
    description:
      'tell a chat whose message has to wait for about 5 s or more how long that may take, in a message that becomes the answer',
    example: 'true',
    parse: flag,
  })
  @IsBoolean()
  waitNotice = true;

  /** @param chat `<channel>:<chat id>` */
  limitOf(chat: string): number {
    return this.limitsOfBots.get(chat.slice(0, chat.lastIndexOf(':'))) ?? this.limit;
  }
}

import { ApiProperty } from '../../platform/openapi/api-docs.js';

export class BotGateDto {
  @ApiProperty({ example: 'telegram' })
  readonly channel: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'Nothing is sent before then, for Telegram has asked for a pause',
  })
  readonly pausedUntil: Date | null;

  @ApiProperty({ type: 'integer', description: 'Messages and edits of the last second' })
  readonly sentLastSecond: number;

  @ApiProperty({ type: 'integer', description: 'As many may be sent in a second' })
  readonly perSecond: number;
}

export class WaitingRepliesDto {
  @ApiProperty({ type: 'integer', description: 'Answers to people, which go first' })
  readonly interactive: number;

  @ApiProperty({ type: 'integer', description: 'Reminders, and what scheduled tasks came to' })
  readonly background: number;
}

/** A chat that is paused, or was limited recently. */
export class ChatGateDto {
  @ApiProperty({ example: 'telegram' })
  readonly channel: string;

  @ApiProperty({ example: '-1001234567890' })
  readonly chatId: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly pausedUntil: Date | null;

  @ApiProperty({ format: 'date-time', type: String, description: 'When Telegram last answered 429' })
  readonly limitedAt: Date;
}

/** The state of the flood gate. */
export class FloodGateDto {
  @ApiProperty({ type: BotGateDto })
  readonly bot: BotGateDto;

  @ApiProperty({ type: [BotGateDto], description: 'Those of TELEGRAM_BOTS_FILE' })
  readonly furtherBots: readonly BotGateDto[];

  @ApiProperty({ type: WaitingRepliesDto, description: 'Replies that wait for the gate' })
  readonly waiting: WaitingRepliesDto;

  @ApiProperty({
    type: [ChatGateDto],
    description: 'Those that Telegram limited of late, the last first; at most 100',
  })
  readonly chats: readonly ChatGateDto[];
}

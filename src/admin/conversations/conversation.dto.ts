import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { Type } from 'class-transformer';
import {
  IsBoolean,
  IsIn,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { NO_THREAD } from '../../channel/ids.js';
import { BusyMode, type Conversation, ConversationStatus } from '../../generated/prisma/client.js';
import { readToolRules } from '../../memory/tool-rules.js';
import { ShownToolRules, ToolRulesDto } from '../people/tool-rules.dto.js';
import { GroupChange } from './group-change.dto.js';
import { PageQuery } from '../listing/page.js';
import { pageOfDtos } from '../listing/page-dto.js';

const statuses = Object.values(ConversationStatus);
const busyModes = Object.values(BusyMode);

export class ConversationQuery extends PageQuery {
  @ApiPropertyOptional({
    type: String,
    maxLength: 100,
    description: 'How a title, a username, a chat id or a name begins, letter case aside',
  })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  // PostgreSQL's text holds no NUL.
  @Matches(/^[^\0]*$/)
  search?: string;

  @ApiPropertyOptional({ enum: statuses })
  @IsOptional()
  @IsIn(statuses)
  status?: ConversationStatus;
}

/** Absent fields keep their value; null removes an override. */
export class ConversationChange extends GroupChange {
  @ApiPropertyOptional({
    enum: statuses,
    description:
      'paused: messages are kept and wait; blocked: they are dropped unanswered; active: they are answered',
  })
  @ValidateIf((_, status) => status !== undefined)
  @IsIn(statuses)
  status?: ConversationStatus;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 200,
    example: 'gpt-5.4',
    description:
      'Instead of OPENAI_MODEL and written like it, from the next turn on; null: OPENAI_MODEL again',
  })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Matches(/^[^\s\p{Cc}]+$/u, { message: 'model must be a name, without spaces' })
  model?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 32_000,
    description: 'Instead of AGENT_SYSTEM_PROMPT, from the next turn on; null: AGENT_SYSTEM_PROMPT again',
  })
  @IsOptional()
  @IsString()
  @MaxLength(32_000)
  @Matches(/\S/, { message: 'systemPrompt must not be empty' })
  // PostgreSQL's text holds no NUL.
  @Matches(/^[^\0]*$/)
  systemPrompt?: string | null;

  @ApiPropertyOptional({
    enum: busyModes,
    nullable: true,
    description: 'Instead of AGENT_BUSY_MODE, as /mode sets it; null: AGENT_BUSY_MODE again',
  })
  @IsOptional()
  @IsIn(busyModes)
  busyMode?: BusyMode | null;

  @ApiPropertyOptional({
    type: ToolRulesDto,
    nullable: true,
    description:
      'Which tools may be used here, of those that the deployment permits, from the next turn on; null: all of those',
  })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => ToolRulesDto)
  tools?: ToolRulesDto | null;

  @ApiPropertyOptional({
    type: Boolean,
    description: 'Answers are checked by a model before they are sent, from the next turn on',
  })
  @ValidateIf((_, outputCheck) => outputCheck !== undefined)
  @IsBoolean()
  outputCheck?: boolean;
}

/** A conversation, as the admin API shows it. 64-bit ids are strings. */
export class ConversationDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ example: 'telegram' })
  readonly channel: string;

  @ApiProperty({ type: String, example: '-1001234567890' })
  readonly chatId: string;

  @ApiProperty({ type: String, nullable: true, description: 'The topic; null: the chat itself' })
  readonly threadId: string | null;

  @ApiProperty({ example: 'private' })
  readonly chatType: string;

  @ApiProperty({ type: String, nullable: true })
  readonly title: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly username: string | null;

  @ApiProperty({ type: 'integer' })
  readonly messageCount: number;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly lastMessageAt: string;

  @ApiProperty({ enum: statuses })
  readonly status: ConversationStatus;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;
}

/** A conversation with its own settings. */
export class ConversationDetailDto extends ConversationDto {
  @ApiProperty({ type: String, nullable: true, description: 'Instead of OPENAI_MODEL' })
  readonly model: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Instead of AGENT_SYSTEM_PROMPT' })
  readonly systemPrompt: string | null;

  @ApiProperty({ enum: busyModes, nullable: true, description: 'Instead of AGENT_BUSY_MODE' })
  readonly busyMode: BusyMode | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description:
      'Since when nothing can be sent to the chat: the bot is blocked or removed, or the chat is gone',
  })
  readonly unreachableAt: string | null;

  @ApiProperty({ type: ShownToolRules, nullable: true, description: 'null: as the deployment says' })
  readonly tools: ShownToolRules | null;

  @ApiProperty({ description: 'Answers are checked before they are sent' })
  readonly outputCheck: boolean;

  @ApiProperty({ description: 'In a group: every message is answered, not only those that name the bot' })
  readonly answersAll: boolean;

  @ApiProperty({
    type: Number,
    nullable: true,
    description: 'In a group: messages kept as context; null: GROUP_CONTEXT_MESSAGES',
  })
  readonly contextMessages: number | null;
}

export class ConversationPage extends pageOfDtos(ConversationDto) {}

/** The columns of a conversation's row that are shown. */
export type ShownConversation = Pick<
  Conversation,
  | 'id'
  | 'channel'
  | 'chatId'
  | 'threadId'
  | 'chatType'
  | 'title'
  | 'username'
  | 'messageCount'
  | 'lastMessageAt'
  | 'status'
  | 'createdAt'
>;

export function toConversationDto(row: ShownConversation): ConversationDto {
  return shown(row);
}

export function toConversationDetailDto(row: Conversation): ConversationDetailDto {
  const { model, systemPrompt, busyMode, unreachableAt, outputCheck, answersAll, contextMessages } = row;
  return {
    ...shown(row),
    model,
    systemPrompt,
    busyMode,
    tools: readToolRules(row.tools),
    outputCheck,
    answersAll,
    contextMessages,
    unreachableAt: unreachableAt?.toISOString() ?? null,
  };
}

function shown(row: ShownConversation) {
  return {
    id: row.id,
    channel: row.channel,
    chatId: row.chatId,
    threadId: row.threadId === NO_THREAD ? null : row.threadId,
    chatType: row.chatType,
    title: row.title,
    username: row.username,
    messageCount: row.messageCount,
    lastMessageAt: row.lastMessageAt.toISOString(),
    status: row.status,
    createdAt: row.createdAt.toISOString(),
  };
}

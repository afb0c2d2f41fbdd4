import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  Equals,
  IsArray,
  IsBoolean,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  IsUUID,
  Matches,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { TOOL_PATTERN } from '../../agent/tools/tool.settings.js';
import { coalesceBounds, type CoalesceRules } from '../../triggers/coalescing/coalesce-rules.js';
import { MAX_EXPRESSION } from '../../triggers/expressions/expression.js';
import { MAX_TEMPLATE } from '../../triggers/expressions/template.js';
import { SOURCE_NAME } from '../../triggers/sources/source.js';
import { pageOfDtos } from '../listing/page-dto.js';
import { STORABLE } from '../listing/storable.js';
import { IfGiven } from '../listing/if-given.js';

const NAME = /^[a-z0-9-]{1,63}$/;
const MAX_INSTRUCTION = 4_000;
const MAX_MODEL = 200;
const MODEL_NAME = /^[^\s\p{Cc}]+$/u;
const MAX_TOOLS = 200;
const notATool = {
  each: true,
  message: 'each of $property must be the name of a tool, * for any characters',
};
const { quietMs, maxWaitMs, maxEvents } = coalesceBounds;

const about = {
  filter:
    'CEL over `payload`, `event` and `source`: webhooks for which it is false are passed over. null: all pass',
  key: 'CEL: what a webhook is about, shown with its outcome. null: none',
  prompt: 'Mustache over `payload`, `event` and `source`: the webhook as the model reads it, marked as data',
  coalesce: 'One message for all webhooks of a key that come in together. null: each has its own',
  model: 'Of its turns, written like OPENAI_MODEL. null: that of the conversation',
  tools: 'Besides these, by name, * for any characters, its turns may use none. null: no limit',
  unaskedTools:
    'Tools with side effects, by name, * for any characters, that its turns may use without asking a person',
  instruction: 'What the agent is to do with it. null: it tells the chat what it needs to know',
} as const;

/** `conversationId`; or `channel` and `chatId`; or `own`. */
export class TargetDto {
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IfGiven()
  @IsUUID()
  conversationId?: string;

  @ApiPropertyOptional({ type: String, example: 'telegram' })
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  @Matches(STORABLE)
  channel?: string;

  @ApiPropertyOptional({ type: String, example: '-1001234567890' })
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  @MaxLength(100)
  @Matches(STORABLE)
  chatId?: string;

  @ApiPropertyOptional({ type: String, description: 'A topic of the chat' })
  @IfGiven()
  @IsString()
  @MaxLength(100)
  @Matches(STORABLE)
  threadId?: string;

  @ApiPropertyOptional({ enum: [true], description: 'A conversation that only operators read' })
  @IfGiven()
  @Equals(true)
  own?: true;
}

/** Webhooks of one key are told in one message. */
export class CoalesceDto implements CoalesceRules {
  @ApiProperty({
    minimum: quietMs.min,
    maximum: quietMs.max,
    description: 'After this long without another one',
  })
  @IsInt()
  @Min(quietMs.min)
  @Max(quietMs.max)
  quietMs: number;

  @ApiProperty({
    minimum: maxWaitMs.min,
    maximum: maxWaitMs.max,
    description: 'Or this long after the first one',
  })
  @IsInt()
  @Min(maxWaitMs.min)
  @Max(maxWaitMs.max)
  maxWaitMs: number;

  @ApiProperty({ minimum: maxEvents.min, maximum: maxEvents.max, description: 'Or with this many' })
  @IsInt()
  @Min(maxEvents.min)
  @Max(maxEvents.max)
  maxEvents: number;
}

class TriggerOptions {
  @ApiPropertyOptional({ type: String, nullable: true, description: about.filter, maxLength: MAX_EXPRESSION })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_EXPRESSION)
  @Matches(STORABLE)
  filter?: string | null;

  @ApiPropertyOptional({ type: String, nullable: true, description: about.key, maxLength: MAX_EXPRESSION })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_EXPRESSION)
  @Matches(STORABLE)
  key?: string | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: about.instruction,
    maxLength: MAX_INSTRUCTION,
  })
  @IsOptional()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_INSTRUCTION)
  @Matches(STORABLE)
  instruction?: string | null;

  @ApiPropertyOptional({ type: CoalesceDto, nullable: true, description: about.coalesce })
  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => CoalesceDto)
  coalesce?: CoalesceDto | null;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: MAX_MODEL, description: about.model })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_MODEL)
  @Matches(MODEL_NAME, { message: 'model must be a name, without spaces' })
  model?: string | null;

  @ApiPropertyOptional({ type: [String], nullable: true, maxItems: MAX_TOOLS, description: about.tools })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_TOOLS)
  @Matches(TOOL_PATTERN, notATool)
  tools?: string[] | null;

  @ApiPropertyOptional({ type: [String], maxItems: MAX_TOOLS, description: about.unaskedTools })
  @IfGiven()
  @IsArray()
  @ArrayMaxSize(MAX_TOOLS)
  @Matches(TOOL_PATTERN, notATool)
  unaskedTools?: string[];

  @ApiPropertyOptional({ type: Boolean, description: 'false: webhooks pass it by' })
  @IfGiven()
  @IsBoolean()
  enabled?: boolean;
}

/** Absent fields keep their value. */
export class TriggerChangeDto extends TriggerOptions {
  @ApiPropertyOptional({ type: String, pattern: NAME.source })
  @IfGiven()
  @Matches(NAME)
  name?: string;

  @ApiPropertyOptional({ type: String, description: about.prompt, maxLength: MAX_TEMPLATE })
  @IfGiven()
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_TEMPLATE)
  @Matches(STORABLE)
  prompt?: string;

  @ApiPropertyOptional({ type: TargetDto })
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => TargetDto)
  target?: TargetDto;
}

export class NewTriggerDto extends TriggerOptions {
  @ApiProperty({ pattern: NAME.source, example: 'pull-requests' })
  @Matches(NAME)
  name: string;

  @ApiProperty({ description: 'The name of its source', example: 'github' })
  @Matches(SOURCE_NAME)
  source: string;

  @ApiProperty({
    description: about.prompt,
    maxLength: MAX_TEMPLATE,
    example: '{{payload.pull_request.title}}',
  })
  @IsString()
  @IsNotEmpty()
  @MaxLength(MAX_TEMPLATE)
  @Matches(STORABLE)
  prompt: string;

  @ApiProperty({ type: TargetDto })
  @IsObject()
  @ValidateNested()
  @Type(() => TargetDto)
  target: TargetDto;
}

/** A trigger. */
export class TriggerDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty()
  readonly name: string;

  @ApiProperty({ description: 'The name of its source' })
  readonly source: string;

  @ApiProperty({ type: String, nullable: true, description: about.filter })
  readonly filter: string | null;

  @ApiProperty({ type: String, nullable: true, description: about.key })
  readonly key: string | null;

  @ApiProperty({ description: about.prompt })
  readonly prompt: string;

  @ApiProperty({ type: String, nullable: true, description: about.instruction })
  readonly instruction: string | null;

  @ApiProperty({ type: TargetDto })
  readonly target: TargetDto;

  @ApiProperty({ type: CoalesceDto, nullable: true, description: about.coalesce })
  readonly coalesce: CoalesceDto | null;

  @ApiProperty({ type: String, nullable: true, description: about.model })
  readonly model: string | null;

  @ApiProperty({ type: [String], nullable: true, description: about.tools })
  readonly tools: readonly string[] | null;

  @ApiProperty({ type: [String], description: about.unaskedTools })
  readonly unaskedTools: readonly string[];

  @ApiProperty()
  readonly enabled: boolean;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;
}

export class TriggerPage extends pageOfDtos(TriggerDto) {}

import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsISO8601,
  IsObject,
  IsOptional,
  IsUUID,
  Matches,
  Max,
  Min,
  ValidateIf,
  ValidateNested,
} from 'class-validator';
import { TriggerResult, type WebhookReplay } from '../../generated/prisma/client.js';
import { SOURCE_NAME } from '../../triggers/sources/source.js';

const results = Object.values(TriggerResult);
const MAX_RATE = 100;
const DEFAULT_RATE = 10;

/** Webhooks to be replayed: of a source, or that a trigger has seen. */
export class EventReplayFilterDto {
  @ApiPropertyOptional({ type: String, description: 'The name of their source', example: 'github' })
  @ValidateIf(({ trigger, source }: EventReplayFilterDto) => source !== undefined || trigger === undefined)
  @Matches(SOURCE_NAME, { message: 'source must be the name of a source, or trigger be given' })
  source?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'A trigger that has seen them' })
  @IsOptional()
  @IsUUID()
  trigger?: string;

  @ApiPropertyOptional({ enum: results, description: 'What became of them, by that trigger or by any' })
  @IsOptional()
  @IsIn(results)
  result?: TriggerResult;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Received at this time or later' })
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Received before this time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

export class NewEventReplayDto {
  @ApiProperty({ type: EventReplayFilterDto })
  @IsObject()
  @ValidateNested()
  @Type(() => EventReplayFilterDto)
  filter: EventReplayFilterDto;

  @ApiPropertyOptional({ minimum: 1, maximum: MAX_RATE, default: DEFAULT_RATE })
  @IsInt()
  @Min(1)
  @Max(MAX_RATE)
  ratePerSecond: number = DEFAULT_RATE;
}

/** A replay of many webhooks. */
export class EventReplayDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ enum: ['running', 'ended'] })
  readonly state: 'running' | 'ended';

  @ApiProperty({ description: 'Webhooks that were stored once more' })
  readonly replayed: number;

  @ApiProperty()
  readonly ratePerSecond: number;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly endedAt: string | null;
}

export function toEventReplayDto({
  id,
  replayed,
  ratePerSecond,
  createdAt,
  endedAt,
}: WebhookReplay): EventReplayDto {
  return {
    id,
    state: endedAt === null ? 'running' : 'ended',
    replayed,
    ratePerSecond,
    createdAt: createdAt.toISOString(),
    endedAt: endedAt?.toISOString() ?? null,
  };
}

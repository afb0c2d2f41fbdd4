import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { IsIn, IsISO8601, IsOptional, IsString, IsUUID, Matches, MaxLength } from 'class-validator';
import { EventKind, EventState, TriggerResult } from '../../generated/prisma/client.js';
import { PageQuery } from '../listing/page.js';
import { pageOfDtos } from '../listing/page-dto.js';
import { STORABLE } from '../listing/storable.js';

const kinds = Object.values(EventKind);
const states = Object.values(EventState);
const results = Object.values(TriggerResult);

export class EventQuery extends PageQuery {
  @ApiPropertyOptional({ type: String, description: 'As it is listed', example: 'webhook:github' })
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @Matches(STORABLE)
  source?: string;

  @ApiPropertyOptional({ type: String, format: 'uuid', description: 'Webhooks that this trigger has seen' })
  @IsOptional()
  @IsUUID()
  trigger?: string;

  @ApiPropertyOptional({ enum: states })
  @IsOptional()
  @IsIn(states)
  state?: EventState;

  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  conversationId?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Received at this time or later' })
  @IsOptional()
  @IsISO8601({ strict: true })
  from?: string;

  @ApiPropertyOptional({ type: String, format: 'date-time', description: 'Received before this time' })
  @IsOptional()
  @IsISO8601({ strict: true })
  to?: string;
}

/** Why an event did not become what it could. */
export class EventReasonDto {
  @ApiProperty({ description: 'Stable', example: 'FILTER_FALSE' })
  readonly code: string;

  @ApiProperty({ description: 'The same in words', example: 'the filter is false' })
  readonly text: string;
}

/** An inbound event: a message, a command, an edit or a webhook. */
export class EventDto {
  @ApiProperty({ description: 'In the order of arrival' })
  readonly id: string;

  @ApiProperty({ description: 'A channel, `webhook:<source>`, `trigger` or `schedule`' })
  readonly source: string;

  @ApiProperty()
  readonly externalId: string;

  @ApiProperty({ enum: kinds })
  readonly kind: EventKind;

  @ApiProperty({ enum: states })
  readonly state: EventState;

  @ApiProperty({
    type: EventReasonDto,
    nullable: true,
    description:
      'Of a webhook of which a trigger made no message, or that had no trigger; of a dead event, that of its dead letter',
  })
  readonly reason: EventReasonDto | null;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly receivedAt: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true, description: 'null: a webhook' })
  readonly conversationId: string | null;

  @ApiProperty({
    type: String,
    format: 'uuid',
    nullable: true,
    description: 'The trigger that made the message; of a webhook, the one that `reason` is about',
  })
  readonly triggerId: string | null;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  readonly turnId: string | null;
}

export class EventPage extends pageOfDtos(EventDto) {}

/** The outcome of a webhook by one trigger. */
export class EventOutcomeDto {
  @ApiProperty({ format: 'uuid' })
  readonly triggerId: string;

  @ApiProperty({ type: String, nullable: true, description: 'The trigger’s name; null: it is deleted' })
  readonly trigger: string | null;

  @ApiProperty({ enum: results })
  readonly result: TriggerResult;

  @ApiProperty({ type: EventReasonDto, nullable: true })
  readonly reason: EventReasonDto | null;

  @ApiProperty({ type: String, nullable: true })
  readonly key: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The event of the message that was made of it' })
  readonly messageEventId: string | null;
}

/** One event with its payload. */
export class EventDetailDto extends EventDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'As received; of a webhook its `type` and `body`. null: past its retention, or erased',
  })
  readonly payload: unknown;

  @ApiProperty({ type: [EventOutcomeDto], description: 'Of a webhook, by its triggers' })
  readonly outcomes: readonly EventOutcomeDto[];
}

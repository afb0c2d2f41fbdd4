import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import {
  ArrayNotEmpty,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsOptional,
  IsString,
  Matches,
  MaxLength,
} from 'class-validator';
import { NotificationDeliveryState } from '../../generated/prisma/client.js';
import type { ListedDelivery, ListedEndpoint } from '../../notifications/endpoints/endpoint.repository.js';
import {
  type NotificationType,
  notificationTypes,
  TEST_TYPE,
} from '../../notifications/notification-type.js';
import { pageOfDtos } from '../listing/page-dto.js';
import { STORABLE } from '../listing/storable.js';
import { IfGiven } from '../listing/if-given.js';

const MAX_URL = 2_000;
const MAX_DESCRIPTION = 200;
const states = Object.values(NotificationDeliveryState);

class EndpointOptions {
  @ApiPropertyOptional({ type: String, nullable: true, maxLength: MAX_DESCRIPTION })
  @IsOptional()
  @IsString()
  @MaxLength(MAX_DESCRIPTION)
  @Matches(STORABLE)
  description?: string | null;

  @ApiPropertyOptional({ type: Boolean, description: 'false: it gets nothing' })
  @IfGiven()
  @IsBoolean()
  enabled?: boolean;
}

/** Absent fields keep their value. */
export class EndpointChangeDto extends EndpointOptions {
  @ApiPropertyOptional({ type: String, example: 'https://example.com/turnpike', maxLength: MAX_URL })
  @IfGiven()
  @IsString()
  @MaxLength(MAX_URL)
  @Matches(STORABLE)
  url?: string;

  @ApiPropertyOptional({ enum: notificationTypes, isArray: true })
  @IfGiven()
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(notificationTypes, { each: true })
  types?: NotificationType[];
}

export class NewEndpointDto extends EndpointOptions {
  @ApiProperty({ example: 'https://example.com/turnpike', maxLength: MAX_URL })
  @IsString()
  @MaxLength(MAX_URL)
  @Matches(STORABLE)
  url: string;

  @ApiProperty({ enum: notificationTypes, isArray: true })
  @IsArray()
  @ArrayNotEmpty()
  @ArrayUnique()
  @IsIn(notificationTypes, { each: true })
  types: NotificationType[];
}

/** An endpoint of notifications. */
export class EndpointDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty()
  readonly url: string;

  @ApiProperty({ type: String, nullable: true })
  readonly description: string | null;

  @ApiProperty({ type: [String] })
  readonly types: readonly string[];

  @ApiProperty({ description: 'false: by an operator, or it has failed for days' })
  readonly enabled: boolean;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly failingSince: string | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'The last change of its secret',
  })
  readonly rotatedAt: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;
}

/** An endpoint with its new secret. */
export class EndpointWithSecretDto extends EndpointDto {
  @ApiProperty({ description: 'Signs its webhooks. Never shown again', example: 'whsec_…' })
  readonly secret: string;
}

export class EndpointPage extends pageOfDtos(EndpointDto) {}

/** A test of an endpoint, which is sent by a worker. */
export class TestedDto {
  @ApiProperty({ description: 'Its place among the deliveries of the endpoint', example: '42' })
  readonly deliveryId: string;
}

/** A notification for an endpoint, and what became of it. */
export class NotificationDeliveryDto {
  @ApiProperty()
  readonly id: string;

  @ApiProperty({
    description: 'The same in each attempt: `webhook-id`',
    example: 'msg_0192d3a4-0000-4000-8000-000000000000',
  })
  readonly messageId: string;

  @ApiProperty({ enum: [...notificationTypes, TEST_TYPE] })
  readonly type: string;

  @ApiProperty({ enum: states })
  readonly state: NotificationDeliveryState;

  @ApiProperty()
  readonly attempts: number;

  @ApiProperty({ type: Number, nullable: true, description: 'The status of the last answer' })
  readonly status: number | null;

  @ApiProperty({ type: String, nullable: true })
  readonly error: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true, description: 'null: none is planned' })
  readonly nextAttemptAt: string | null;
}

export class NotificationDeliveryPage extends pageOfDtos(NotificationDeliveryDto) {}

export function toEndpointDto(endpoint: ListedEndpoint): EndpointDto {
  const { id, url, description, types, enabled, failingSince, rotatedAt, createdAt } = endpoint;
  return {
    id,
    url,
    description,
    types,
    enabled,
    failingSince: failingSince?.toISOString() ?? null,
    rotatedAt: rotatedAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
  };
}

export function toDeliveryDto(delivery: ListedDelivery): NotificationDeliveryDto {
  const { id, messageId, type, state, attempts, status, error, createdAt, availableAt } = delivery;
  return {
    id: id.toString(),
    messageId: `msg_${messageId}`,
    type,
    state,
    attempts,
    status,
    error,
    createdAt: createdAt.toISOString(),
    nextAttemptAt: state === 'pending' ? availableAt.toISOString() : null,
  };
}

import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { IsObject, IsString, Matches, MaxLength } from 'class-validator';
import { TriggerResult } from '../../generated/prisma/client.js';
import { IfGiven } from '../listing/if-given.js';

const results = Object.values(TriggerResult);

/** `eventId`, or `payload`. */
export class TriggerTestDto {
  @ApiPropertyOptional({ type: String, description: 'A stored webhook: the id of its event' })
  @IfGiven()
  @Matches(/^\d{1,18}$/)
  eventId?: string;

  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'The body of a webhook' })
  @IfGiven()
  @IsObject()
  payload?: object;

  @ApiPropertyOptional({ type: String, description: 'The type of the event, besides `payload`' })
  @IfGiven()
  @IsString()
  @MaxLength(255)
  event?: string;
}

/** The outcome that a webhook would have. */
export class TriggerTestResultDto {
  @ApiProperty({ enum: results })
  readonly result: TriggerResult;

  @ApiProperty({ type: String, nullable: true, description: 'Why it is not accepted: a stable code' })
  readonly code: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'The code in words' })
  readonly reason: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly key: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'As the model would read it, between marks' })
  readonly text: string | null;
}

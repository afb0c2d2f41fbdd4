import { ApiProperty } from '../../platform/openapi/api-docs.js';
import { type DeadLetter, DeadLetterKind } from '../../generated/prisma/client.js';
import { pageOfDtos } from '../listing/page-dto.js';

/** Work that failed for good, as the admin API lists it. */
export class DeadLetterDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ enum: Object.values(DeadLetterKind) })
  readonly kind: DeadLetterKind;

  @ApiProperty({ description: 'The event’s, turn’s or reply’s id' })
  readonly subjectId: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  readonly conversationId: string | null;

  @ApiProperty({ description: 'A stable code' })
  readonly reason: string;

  @ApiProperty({ type: 'integer' })
  readonly attempts: number;

  @ApiProperty({ type: String, nullable: true })
  readonly firstError: string | null;

  @ApiProperty()
  readonly lastError: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;
}

export class DeadLetterPage extends pageOfDtos(DeadLetterDto) {}

export class DeadLetterWithPayloadDto extends DeadLetterDto {
  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'What was to be done',
  })
  readonly payload: unknown;
}

export class ReplayDto {
  @ApiProperty({ enum: ['queued'] })
  readonly status: 'queued';
}

export function toDeadLetterDto(letter: Omit<DeadLetter, 'payload'>): DeadLetterDto {
  return {
    id: letter.id,
    kind: letter.kind,
    subjectId: letter.subjectId,
    conversationId: letter.conversationId,
    reason: letter.reason,
    attempts: letter.attempts,
    firstError: letter.firstError,
    lastError: letter.lastError,
    createdAt: letter.createdAt.toISOString(),
  };
}

import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { IsIn, IsOptional, IsString, IsUUID, Matches, MaxLength, ValidateIf } from 'class-validator';
import { type Approval, ApprovalState } from '../../generated/prisma/client.js';
import { PageQuery } from '../listing/page.js';
import { pageOfDtos } from '../listing/page-dto.js';
import { STORABLE } from '../listing/storable.js';

const states = Object.values(ApprovalState);

export class ApprovalQuery extends PageQuery {
  @ApiPropertyOptional({ type: String, format: 'uuid' })
  @IsOptional()
  @IsUUID()
  conversationId?: string;

  @ApiPropertyOptional({ enum: states })
  @IsOptional()
  @IsIn(states)
  state?: ApprovalState;
}

export class DenialDto {
  @ApiPropertyOptional({ type: String, maxLength: 1_000, description: 'Why, for the model' })
  @ValidateIf((_, reason) => reason !== undefined)
  @IsString()
  @MaxLength(1_000)
  @Matches(/\S/, { message: 'reason must not be empty' })
  @Matches(STORABLE)
  reason?: string;
}

/** A tool call that waits for a person, or did, as the admin API shows it. */
export class ApprovalDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ format: 'uuid' })
  readonly conversationId: string;

  @ApiProperty({ format: 'uuid' })
  readonly turnId: string;

  @ApiProperty()
  readonly tool: string;

  @ApiProperty({ description: 'As the model wrote them: JSON, as a rule' })
  readonly arguments: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'The channel’s user for whom it is to be called',
  })
  readonly askedBy: string | null;

  @ApiProperty({
    enum: states,
    description: 'expired: its time was over, or its turn was cancelled',
  })
  readonly state: ApprovalState;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'admin',
    description: '`telegram:<user id>`, or admin: by this API; null: nobody',
  })
  readonly decidedBy: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly reason: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly expiresAt: string;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly decidedAt: string | null;
}

export class ApprovalPage extends pageOfDtos(ApprovalDto) {}

export type ShownApproval = Omit<Approval, 'stepIndex'>;

export function toApprovalDto(approval: ShownApproval): ApprovalDto {
  return {
    id: approval.id,
    conversationId: approval.conversationId,
    turnId: approval.turnId,
    tool: approval.tool,
    arguments: approval.arguments,
    askedBy: approval.askedBy,
    state: approval.state,
    decidedBy: approval.decidedBy,
    reason: approval.reason,
    createdAt: approval.createdAt.toISOString(),
    expiresAt: approval.expiresAt.toISOString(),
    decidedAt: approval.decidedAt?.toISOString() ?? null,
  };
}

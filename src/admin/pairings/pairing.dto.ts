import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { IsIn, IsOptional } from 'class-validator';
import { type Pairing, PairingState } from '../../generated/prisma/client.js';
import { PageQuery } from '../listing/page.js';
import { pageOfDtos } from '../listing/page-dto.js';

const states = Object.values(PairingState);

export class PairingQuery extends PageQuery {
  @ApiPropertyOptional({ enum: states })
  @IsOptional()
  @IsIn(states)
  state?: PairingState;
}

/** A chat's newest access request. 64-bit ids are strings. */
export class PairingDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ example: 'telegram' })
  readonly channel: string;

  @ApiProperty({
    type: String,
    description: 'Of a person’s private chat, which is their id; below 0: of a group',
  })
  readonly chatId: string;

  @ApiProperty({ format: 'uuid', description: 'Where the code was told' })
  readonly conversationId: string;

  @ApiProperty({ example: 'K7WQ4M' })
  readonly code: string;

  @ApiProperty({ enum: states, description: 'expired: nobody decided within an hour' })
  readonly state: PairingState;

  @ApiProperty({ type: String, nullable: true, description: 'Who asked' })
  readonly userId: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly name: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly username: string | null;

  @ApiProperty({ type: String, nullable: true, description: 'Of a group' })
  readonly title: string | null;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly expiresAt: string;

  @ApiProperty({
    type: String,
    nullable: true,
    example: 'admin',
    description: '`telegram:<user id>`; admin: by this API; cli: from the command line; null: nobody',
  })
  readonly decidedBy: string | null;

  @ApiProperty({ type: String, format: 'date-time', nullable: true })
  readonly decidedAt: string | null;
}

export class PairingPage extends pageOfDtos(PairingDto) {}

export function toPairingDto(pairing: Pairing): PairingDto {
  const { id, channel, conversationId, code, state, name, username, title, decidedBy } = pairing;
  return {
    id,
    channel,
    chatId: pairing.chatId,
    conversationId,
    code,
    state,
    userId: pairing.userId,
    name,
    username,
    title,
    createdAt: pairing.createdAt.toISOString(),
    expiresAt: pairing.expiresAt.toISOString(),
    decidedBy,
    decidedAt: pairing.decidedAt?.toISOString() ?? null,
  };
}

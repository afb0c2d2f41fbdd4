import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { IsIn } from 'class-validator';
import { type Message, MessageRole } from '../../generated/prisma/client.js';
import { DeliveryDto, deliveryOf, type ReplyPart } from './delivery.js';
import { PageQuery } from '../listing/page.js';
import { pageOfDtos } from '../listing/page-dto.js';

const orders = ['asc', 'desc'] as const;
export type Order = (typeof orders)[number];

export class MessageQuery extends PageQuery {
  @ApiPropertyOptional({ enum: orders, default: 'desc', description: 'desc: the newest first' })
  @IsIn(orders)
  order: Order = 'desc';
}

/** One message of a conversation, as the admin API shows it. 64-bit ids are strings. */
export class MessageDto {
  @ApiProperty({ type: String })
  readonly id: string;

  @ApiProperty({ enum: Object.values(MessageRole) })
  readonly role: MessageRole;

  @ApiProperty()
  readonly text: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;

  @ApiProperty({ type: String, format: 'uuid', nullable: true })
  readonly turnId: string | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Of several parts the first; null for an answer whose sending is no longer recorded',
  })
  readonly telegramMessageId: string | null;

  @ApiProperty({
    type: DeliveryDto,
    nullable: true,
    description: 'null: nothing was to be sent, or its record is past RETENTION_REPLY_DAYS',
  })
  readonly delivery: DeliveryDto | null;
}

export class MessagePage extends pageOfDtos(MessageDto) {}

/** A message with the parts in which it was sent, in order. */
export interface SentMessage extends Pick<
  Message,
  'id' | 'role' | 'text' | 'createdAt' | 'turnId' | 'channelMessageId'
> {
  readonly replies: readonly (ReplyPart & { readonly channelMessageId: string | null })[];
}

export function toMessageDto(message: SentMessage): MessageDto {
  const sentAs = message.channelMessageId ?? message.replies[0]?.channelMessageId ?? null;
  return {
    id: message.id.toString(),
    role: message.role,
    text: message.text,
    createdAt: message.createdAt.toISOString(),
    turnId: message.turnId,
    telegramMessageId: sentAs,
    delivery: deliveryOf(message.replies),
  };
}

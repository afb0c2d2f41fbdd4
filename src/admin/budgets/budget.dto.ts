import { ApiProperty } from '../../platform/openapi/api-docs.js';
import { IsIn } from 'class-validator';
import type { Amount, Limit } from '../../budget/amount.js';
import { PageQuery } from '../listing/page.js';
import { pageOfDtos } from '../listing/page-dto.js';

const spenders = ['chat', 'user'] as const;

export type Spender = (typeof spenders)[number];

export class SpendersQuery extends PageQuery {
  @ApiProperty({ enum: spenders })
  @IsIn(spenders)
  scope: Spender;
}

export class AmountDto {
  @ApiProperty({ type: 'integer' })
  readonly tokens: number;

  @ApiProperty({ type: Number, description: 'Dollars' })
  readonly usd: number;
}

export class LimitDto {
  @ApiProperty({ type: 'integer', nullable: true })
  readonly tokens: number | null;

  @ApiProperty({ type: Number, nullable: true, description: 'Dollars' })
  readonly usd: number | null;
}

/** The usage of the whole deployment in one day. */
export class BudgetDayDto {
  @ApiProperty({ format: 'date', example: '2026-11-25', description: 'In UTC' })
  readonly day: string;

  @ApiProperty({ type: AmountDto })
  readonly spent: AmountDto;

  @ApiProperty({
    type: AmountDto,
    description: 'What running turns may still use; nothing where there is no limit',
  })
  readonly reserved: AmountDto;

  @ApiProperty({ type: LimitDto, description: 'As it is set now; null does not limit' })
  readonly limit: LimitDto;
}

export class BudgetDayPage extends pageOfDtos(BudgetDayDto) {}

/** The usage of a user or a chat in one day. */
class SpenderDto extends BudgetDayDto {
  @ApiProperty({ example: 'telegram:42', description: 'Channel and id; empty: chats that are erased' })
  readonly key: string;
}

export class SpenderPage extends pageOfDtos(SpenderDto) {}

/** A row of the listing. */
export interface BudgetFigures {
  readonly day: string;
  readonly key: string;
  readonly spentTokens: bigint;
  readonly spentMicroUsd: bigint;
  readonly reservedTokens: bigint;
  readonly reservedMicroUsd: bigint;
}

export function toBudgetDayDto(row: BudgetFigures, limit: Limit): BudgetDayDto {
  return {
    day: row.day,
    spent: toAmountDto({ tokens: row.spentTokens, microUsd: row.spentMicroUsd }),
    reserved: toAmountDto({ tokens: row.reservedTokens, microUsd: row.reservedMicroUsd }),
    limit: {
      tokens: limit.tokens === null ? null : Number(limit.tokens),
      usd: limit.microUsd === null ? null : dollars(limit.microUsd),
    },
  };
}

export function dollars(microUsd: bigint): number {
  return Number(microUsd) / 1_000_000;
}

function toAmountDto({ tokens, microUsd }: Amount): AmountDto {
  return { tokens: Number(tokens), usd: dollars(microUsd) };
}

import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { BudgetLimits } from '../../budget/budget-limits.js';
import { BudgetListingRepository } from './budget-listing.repository.js';
import { type BudgetDayPage, type SpenderPage, type SpendersQuery, toBudgetDayDto } from './budget.dto.js';
import { decodeTextCursor, encodeTextCursor } from '../listing/cursor.js';
import { type PageQuery, pageOf } from '../listing/page.js';

/** Lists the model's usage for operators. */
@Injectable()
export class BudgetsAdminService {
  constructor(
    private readonly listing: BudgetListingRepository,
    private readonly limits: BudgetLimits,
  ) {}

  async days({ limit, cursor }: PageQuery): Promise<BudgetDayPage> {
    const before = cursor === undefined ? null : decodeTextCursor(cursor);
    if (before !== null && !isDay(before)) throw new BadRequestException('cursor is of another listing');
    const rows = await this.listing.days(before, limit + 1);
    return pageOf(
      rows,
      limit,
      (row) => toBudgetDayDto(row, this.limits.day.all),
      ({ day }) => encodeTextCursor(day),
    );
  }

  /** @throws NotFoundException if `day` is not a date */
  async spenders(day: string, { scope, limit, cursor }: SpendersQuery): Promise<SpenderPage> {
    if (!isDay(day)) throw new NotFoundException('There is no such day');
    const after = cursor === undefined ? null : decodeTextCursor(cursor);
    const rows = await this.listing.spenders(scope, day, after, limit + 1);
    return pageOf(
      rows,
      limit,
      (row) => Object.assign(toBudgetDayDto(row, this.limits.day[scope]), { key: row.key }),
      ({ key }) => encodeTextCursor(key),
    );
  }
}

function isDay(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const day = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(day.getTime()) && day.toISOString().startsWith(text) && day.getUTCFullYear() > 0;
}

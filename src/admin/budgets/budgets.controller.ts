import { Get, Param, Query } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation } from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { BudgetDayPage, SpenderPage, SpendersQuery } from './budget.dto.js';
import { BudgetsAdminService } from './budgets-admin.service.js';
import { PageQuery } from '../listing/page.js';

@AdminApi('budgets')
export class BudgetsController {
  constructor(private readonly budgets: BudgetsAdminService) {}

  @Get()
  @ApiOperation({
    summary: 'List what was used a day, in tokens and dollars, the newest day first',
    description: 'Of the whole deployment. A day is one of UTC.',
  })
  @ApiOkResponse({ type: BudgetDayPage })
  days(@Query() query: PageQuery): Promise<BudgetDayPage> {
    return this.budgets.days(query);
  }

  @Get(':day')
  @ApiOperation({
    summary: 'List what each chat, or each user, used in one day',
    description: '`scope` says whether chats or users are listed; the day is written like 2026-11-25.',
  })
  @ApiOkResponse({ type: SpenderPage })
  @ApiNotFoundResponse()
  spenders(@Param('day') day: string, @Query() query: SpendersQuery): Promise<SpenderPage> {
    return this.budgets.spenders(day, query);
  }
}

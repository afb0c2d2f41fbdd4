import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { KnownIdPipe } from '../listing/known-id.pipe.js';
import { TurnPage, TurnQuery, TurnWithStepsDto } from './turn.dto.js';
import { TurnsService } from './turns.service.js';

@AdminApi('turns')
export class TurnsController {
  constructor(private readonly turns: TurnsService) {}

  @Get()
  @ApiOperation({
    summary: 'List turns, the newest first',
    description:
      'All, or those of one conversation or one state. A page may hold fewer than `limit`, even none, and still have a `nextCursor`: go on until it is null.',
  })
  @ApiOkResponse({ type: TurnPage })
  list(@Query() query: TurnQuery): Promise<TurnPage> {
    return this.turns.list(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Show one turn with its steps: each model call and tool call',
    description: 'Steps are kept for RETENTION_STEP_DAYS after the end of the turn.',
  })
  @ApiOkResponse({ type: TurnWithStepsDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<TurnWithStepsDto> {
    return this.turns.get(id);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  @ApiOperation({
    summary:
      'Cancel a turn that is under way, wherever it runs, like /stop; what was said stays, and the chat is told',
    description: 'The answer shows the turn as it is afterwards.',
  })
  @ApiOkResponse({ type: TurnWithStepsDto })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It has ended already' })
  cancel(@Param('id', KnownIdPipe) id: string): Promise<TurnWithStepsDto> {
    return this.turns.cancel(id);
  }
}

import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiBadRequestResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { KnownIdPipe } from '../listing/known-id.pipe.js';
import {
  NewScheduleDto,
  ScheduleChangeDto,
  ScheduleDetailDto,
  ScheduleDto,
  SchedulePage,
  ScheduleQuery,
} from './schedule.dto.js';
import { SchedulesAdminService } from './schedules-admin.service.js';

@AdminApi('schedules')
export class SchedulesController {
  constructor(private readonly schedules: SchedulesAdminService) {}

  @Get()
  @ApiOperation({
    summary: 'List reminders and schedules, the newest first',
    description:
      'All, or those of one conversation or one state. A page may hold fewer than `limit`, even none, and still have a `nextCursor`: go on until it is null.',
  })
  @ApiOkResponse({ type: SchedulePage })
  list(@Query() query: ScheduleQuery): Promise<SchedulePage> {
    return this.schedules.list(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Show one schedule',
    description: 'With its next time, and what became of the last ones.',
  })
  @ApiOkResponse({ type: ScheduleDetailDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<ScheduleDetailDto> {
    return this.schedules.get(id);
  }

  @Post()
  @ApiOperation({
    summary: 'Plan something in a conversation',
    description:
      'Give `at` for once, or `cron` and, if it is not UTC, `timeZone`, or `everyMinutes` for again and again.',
  })
  @ApiCreatedResponse({ type: ScheduleDto })
  @ApiBadRequestResponse()
  @ApiNotFoundResponse({ description: 'There is no such conversation' })
  @ApiConflictResponse({ description: 'The conversation has as many as it may have' })
  create(@Body() schedule: NewScheduleDto): Promise<ScheduleDto> {
    return this.schedules.create(schedule);
  }

  @Patch(':id')
  @ApiOperation({
    summary: 'Change what is planned, or when',
    description: 'What is left out stays as it is. A schedule stays what it is: once, or by a rule.',
  })
  @ApiOkResponse({ type: ScheduleDto })
  @ApiBadRequestResponse()
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It has ended' })
  change(@Param('id', KnownIdPipe) id: string, @Body() change: ScheduleChangeDto): Promise<ScheduleDto> {
    return this.schedules.change(id, change);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove a schedule: it does not happen any more',
    description: 'What it has brought already stays.',
  })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  remove(@Param('id', KnownIdPipe) id: string): Promise<void> {
    return this.schedules.remove(id);
  }
}

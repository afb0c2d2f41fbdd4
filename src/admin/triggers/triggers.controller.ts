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
import { PageQuery } from '../listing/page.js';
import { NewTriggerDto, TriggerChangeDto, TriggerDto, TriggerPage } from './trigger.dto.js';
import { TriggerTestDto, TriggerTestResultDto } from './trigger-test.dto.js';
import { TriggersAdminService } from './triggers-admin.service.js';

@AdminApi('triggers')
export class TriggersController {
  constructor(private readonly triggers: TriggersAdminService) {}

  @Get()
  @ApiOperation({ summary: 'List triggers, the newest first', description: 'Of all sources.' })
  @ApiOkResponse({ type: TriggerPage })
  list(@Query() query: PageQuery): Promise<TriggerPage> {
    return this.triggers.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show one trigger', description: 'As it was saved.' })
  @ApiOkResponse({ type: TriggerDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<TriggerDto> {
    return this.triggers.get(id);
  }

  @Post()
  @ApiOperation({
    summary: 'Make messages of a source’s webhooks',
    description:
      'From the next webhook on. Filter, key and prompt are checked: a fault is answered with its field and position.',
  })
  @ApiCreatedResponse({ type: TriggerDto })
  @ApiBadRequestResponse()
  @ApiConflictResponse({ description: 'The name is taken, or the source has 50 triggers' })
  create(@Body() trigger: NewTriggerDto): Promise<TriggerDto> {
    return this.triggers.create(trigger);
  }

  @Patch(':id')
  @ApiOperation({
    summary: 'Change, pause or resume a trigger',
    description: 'What is left out stays as it is; null takes a filter, a key or an instruction away.',
  })
  @ApiOkResponse({ type: TriggerDto })
  @ApiBadRequestResponse()
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The name is taken' })
  change(@Param('id', KnownIdPipe) id: string, @Body() change: TriggerChangeDto): Promise<TriggerDto> {
    return this.triggers.change(id, change);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Remove a trigger', description: 'What it has made of webhooks stays.' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  remove(@Param('id', KnownIdPipe) id: string): Promise<void> {
    return this.triggers.remove(id);
  }

  @Post(':id/test')
  @HttpCode(200)
  @ApiOperation({
    summary: 'See what a trigger would make of a webhook',
    description: 'Of a stored one, or of a body. Nothing is done, though the trigger is paused or not.',
  })
  @ApiOkResponse({ type: TriggerTestResultDto })
  @ApiBadRequestResponse()
  @ApiNotFoundResponse()
  test(@Param('id', KnownIdPipe) id: string, @Body() webhook: TriggerTestDto): Promise<TriggerTestResultDto> {
    return this.triggers.test(id, webhook);
  }
}

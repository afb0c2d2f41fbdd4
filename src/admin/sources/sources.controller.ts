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
import { NewSecretDto, NewSourceDto, SourceChangeDto, SourceDto, SourcePage } from './source.dto.js';
import { SourceNamePipe } from './source-name.pipe.js';
import { SourcesAdminService } from './sources-admin.service.js';

@AdminApi('sources')
export class SourcesController {
  constructor(private readonly sources: SourcesAdminService) {}

  @Get()
  @ApiOperation({ summary: 'List sources of webhooks, by name', description: 'Without their secrets.' })
  @ApiOkResponse({ type: SourcePage })
  list(@Query() query: PageQuery): Promise<SourcePage> {
    return this.sources.list(query);
  }

  @Get(':name')
  @ApiOperation({ summary: 'Show one source', description: 'Without its secrets.' })
  @ApiOkResponse({ type: SourceDto })
  @ApiNotFoundResponse()
  get(@Param('name', SourceNamePipe) name: string): Promise<SourceDto> {
    return this.sources.get(name);
  }

  @Post()
  @ApiOperation({
    summary: 'Let somebody send webhooks to /webhook/<name>',
    description: 'Other processes know it within two seconds.',
  })
  @ApiCreatedResponse({ type: SourceDto })
  @ApiBadRequestResponse()
  @ApiConflictResponse({ description: 'The name is taken, or SECRETS_KEY is not set' })
  create(@Body() source: NewSourceDto): Promise<SourceDto> {
    return this.sources.create(source);
  }

  @Patch(':name')
  @ApiOperation({
    summary: 'Change how a source is verified, or its limits',
    description: 'What is left out stays as it is. Another preset without `hmac` has none.',
  })
  @ApiOkResponse({ type: SourceDto })
  @ApiBadRequestResponse()
  @ApiNotFoundResponse()
  change(@Param('name', SourceNamePipe) name: string, @Body() change: SourceChangeDto): Promise<SourceDto> {
    return this.sources.change(name, change);
  }

  @Delete(':name')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove a source: its webhooks are answered 404',
    description: 'Its webhooks that no trigger has seen are dropped; what others became stays.',
  })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It has triggers' })
  remove(@Param('name', SourceNamePipe) name: string): Promise<void> {
    return this.sources.remove(name);
  }

  @Post(':name/secrets')
  @ApiOperation({
    summary: 'Add a secret: webhooks signed with any of a source’s secrets are accepted',
    description: 'To rotate: add the new one, give it to the sender, delete the old one.',
  })
  @ApiCreatedResponse({ type: SourceDto })
  @ApiBadRequestResponse()
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It has as many as it may have, or SECRETS_KEY is not set' })
  addSecret(@Param('name', SourceNamePipe) name: string, @Body() secret: NewSecretDto): Promise<SourceDto> {
    return this.sources.addSecret(name, secret);
  }

  @Delete(':name/secrets/:id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Delete a secret: webhooks signed with it are refused',
    description: 'In other processes within two seconds.',
  })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It is the last one' })
  removeSecret(
    @Param('name', SourceNamePipe) name: string,
    @Param('id', KnownIdPipe) id: string,
  ): Promise<void> {
    return this.sources.removeSecret(name, id);
  }
}

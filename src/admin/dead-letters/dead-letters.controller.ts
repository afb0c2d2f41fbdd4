import { Delete, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { DeadLetterPage, DeadLetterWithPayloadDto, ReplayDto } from './dead-letter.dto.js';
import { DeadLettersAdminService } from './dead-letters-admin.service.js';
import { KnownIdPipe } from '../listing/known-id.pipe.js';
import { PageQuery } from '../listing/page.js';

@AdminApi('dead-letters')
export class DeadLettersController {
  constructor(private readonly deadLetters: DeadLettersAdminService) {}

  @Get()
  @ApiOperation({
    summary: 'List what failed for good, the newest first',
    description: 'Events, turns and replies, each with the reason as a stable code.',
  })
  @ApiOkResponse({ type: DeadLetterPage })
  list(@Query() query: PageQuery): Promise<DeadLetterPage> {
    return this.deadLetters.list(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Show one dead letter with what was to be done',
    description: 'With its payload, as it was when it was given up.',
  })
  @ApiOkResponse({ type: DeadLetterWithPayloadDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<DeadLetterWithPayloadDto> {
    return this.deadLetters.get(id);
  }

  @Post(':id/replay')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Try it again',
    description: 'It is a dead letter no longer: of two requests the second is answered with 404.',
  })
  @ApiAcceptedResponse({ type: ReplayDto })
  @ApiNotFoundResponse()
  replay(@Param('id', KnownIdPipe) id: string): Promise<ReplayDto> {
    return this.deadLetters.replay(id);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Discard a dead letter', description: 'It is not tried again.' })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  discard(@Param('id', KnownIdPipe) id: string): Promise<void> {
    return this.deadLetters.discard(id);
  }
}

import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { EventDetailDto, EventDto, EventPage, EventQuery } from './event.dto.js';
import { NumberIdPipe } from '../listing/number-id.pipe.js';
import { NewEventReplayDto, EventReplayDto } from './event-replay.dto.js';
import { EventsAdminService } from './events-admin.service.js';

const eventId = { name: 'id', type: String, description: 'The event’s number', example: '42' };

@AdminApi('events')
export class EventsController {
  constructor(private readonly events: EventsAdminService) {}

  @Get()
  @ApiOperation({
    summary: 'List what came in, the newest first',
    description:
      'All, or what passes every filter. A page may hold fewer than `limit`, even none, and still have a `nextCursor`: go on until it is null.',
  })
  @ApiOkResponse({ type: EventPage })
  list(@Query() query: EventQuery): Promise<EventPage> {
    return this.events.list(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Show one event with its payload',
    description: 'Of a webhook, with what became of it by each trigger.',
  })
  @ApiParam(eventId)
  @ApiOkResponse({ type: EventDetailDto })
  @ApiNotFoundResponse()
  get(@Param('id', NumberIdPipe) id: bigint): Promise<EventDetailDto> {
    return this.events.get(id);
  }

  @Post('replay')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Give many webhooks to the enabled triggers of their sources once more',
    description:
      'All that pass the filter and are stored by now, in their order, so many a second. It goes on by itself, whichever process ends.',
  })
  @ApiAcceptedResponse({ type: EventReplayDto })
  replayMany(@Body() replay: NewEventReplayDto): Promise<EventReplayDto> {
    return this.events.replayMany(replay);
  }

  @Post(':id/replay')
  @ApiOperation({
    summary: 'Give a webhook to the enabled triggers of its source once more',
    description:
      'As a new event, which is returned: what became of the first one stays, and a trigger that accepted it then makes a second message.',
  })
  @ApiParam(eventId)
  @ApiCreatedResponse({ type: EventDto })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It is no webhook, or its payload or source is gone' })
  replay(@Param('id', NumberIdPipe) id: bigint): Promise<EventDto> {
    return this.events.replay(id);
  }
}

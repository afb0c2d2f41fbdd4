import { Delete, Get, Param } from '@nestjs/common';
import { ApiNotFoundResponse, ApiOkResponse, ApiOperation } from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { KnownIdPipe } from '../listing/known-id.pipe.js';
import { EventReplayDto } from './event-replay.dto.js';
import { EventsAdminService } from './events-admin.service.js';

@AdminApi('event-replays')
export class EventReplaysController {
  constructor(private readonly events: EventsAdminService) {}

  @Get(':id')
  @ApiOperation({
    summary: 'Show a replay of many webhooks',
    description: 'How many it has stored, and whether it goes on.',
  })
  @ApiOkResponse({ type: EventReplayDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<EventReplayDto> {
    return this.events.getReplay(id);
  }

  @Delete(':id')
  @ApiOperation({
    summary: 'End a replay of many webhooks where it is',
    description: 'What it has stored already stays, and goes to the triggers.',
  })
  @ApiOkResponse({ type: EventReplayDto })
  @ApiNotFoundResponse()
  end(@Param('id', KnownIdPipe) id: string): Promise<EventReplayDto> {
    return this.events.endReplay(id);
  }
}

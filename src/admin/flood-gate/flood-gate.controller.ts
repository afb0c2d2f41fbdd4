import { Get } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { FloodGateDto } from './flood-gate.dto.js';
import { FloodGateViewRepository } from './flood-gate-view.repository.js';

@AdminApi('flood-gate')
export class FloodGateController {
  constructor(private readonly view: FloodGateViewRepository) {}

  @Get()
  @ApiOperation({
    summary: 'Show how fast is sent, what waits for that, and where Telegram asked for a pause',
    description: 'Of each bot, and of the chats that were limited of late.',
  })
  @ApiOkResponse({ type: FloodGateDto })
  show(): Promise<FloodGateDto> {
    return this.view.show();
  }
}

import { Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { KnownIdPipe } from '../listing/known-id.pipe.js';
import { PairingDto, PairingPage, PairingQuery } from './pairing.dto.js';
import { PairingsAdminService } from './pairings-admin.service.js';

const tooLate = { description: 'It is decided already, or its time is over' };

@AdminApi('pairings')
export class PairingsController {
  constructor(private readonly pairings: PairingsAdminService) {}

  @Get()
  @ApiOperation({
    summary: 'List the people and groups that ask to be let in, the newest request first',
    description: 'The newest request of each, also where it is decided.',
  })
  @ApiOkResponse({ type: PairingPage })
  list(@Query() query: PairingQuery): Promise<PairingPage> {
    return this.pairings.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show one of them', description: 'With the code that its chat was told.' })
  @ApiOkResponse({ type: PairingDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<PairingDto> {
    return this.pairings.get(id);
  }

  @Post(':id/approve')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let the person or the group in, and tell them',
    description: 'A request is decided once, within an hour: what comes later is answered with 409.',
  })
  @ApiOkResponse({ type: PairingDto })
  @ApiNotFoundResponse()
  @ApiConflictResponse(tooLate)
  approve(@Param('id', KnownIdPipe) id: string): Promise<PairingDto> {
    return this.pairings.decide(id, 'approved');
  }

  @Post(':id/deny')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Do not let them in, and tell them; for a day they are not heard',
    description: 'A request is decided once, within an hour: what comes later is answered with 409.',
  })
  @ApiOkResponse({ type: PairingDto })
  @ApiNotFoundResponse()
  @ApiConflictResponse(tooLate)
  deny(@Param('id', KnownIdPipe) id: string): Promise<PairingDto> {
    return this.pairings.decide(id, 'denied');
  }
}

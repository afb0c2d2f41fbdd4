import { Body, Get, HttpCode, Param, Post, Query } from '@nestjs/common';
import {
  ApiConflictResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { KnownIdPipe } from '../listing/known-id.pipe.js';
import { ApprovalDto, ApprovalPage, ApprovalQuery, DenialDto } from './approval.dto.js';
import { ApprovalsAdminService } from './approvals-admin.service.js';

@AdminApi('approvals')
export class ApprovalsController {
  constructor(private readonly approvals: ApprovalsAdminService) {}

  @Get()
  @ApiOperation({
    summary: 'List tool calls that a person has to allow, the newest first',
    description:
      'All, or those of one conversation or one state. A page may hold fewer than `limit`, even none, and still have a `nextCursor`: go on until it is null.',
  })
  @ApiOkResponse({ type: ApprovalPage })
  list(@Query() query: ApprovalQuery): Promise<ApprovalPage> {
    return this.approvals.list(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'Show one of them',
    description: 'With the arguments of the call, and who decided.',
  })
  @ApiOkResponse({ type: ApprovalDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<ApprovalDto> {
    return this.approvals.get(id);
  }

  @Post(':id/approve')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Let the call be made: its turn goes on',
    description: 'A call is decided once: who comes second is answered with 409.',
  })
  @ApiOkResponse({ type: ApprovalDto })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It is decided already, or its time is over' })
  approve(@Param('id', KnownIdPipe) id: string): Promise<ApprovalDto> {
    return this.approvals.decide(id, 'approved', null);
  }

  @Post(':id/deny')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Do not let the call be made: the model is told, and its turn goes on',
    description: 'A call is decided once: who comes second is answered with 409.',
  })
  @ApiOkResponse({ type: ApprovalDto })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'It is decided already, or its time is over' })
  deny(@Param('id', KnownIdPipe) id: string, @Body() { reason }: DenialDto): Promise<ApprovalDto> {
    return this.approvals.decide(id, 'denied', reason ?? null);
  }
}

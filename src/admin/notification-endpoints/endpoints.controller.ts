import { Body, Delete, Get, HttpCode, Param, Patch, Post, Query } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiBadRequestResponse,
  ApiConflictResponse,
  ApiCreatedResponse,
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { KnownIdPipe } from '../listing/known-id.pipe.js';
import { NumberIdPipe } from '../listing/number-id.pipe.js';
import { PageQuery } from '../listing/page.js';
import {
  EndpointChangeDto,
  EndpointDto,
  EndpointPage,
  EndpointWithSecretDto,
  NewEndpointDto,
  NotificationDeliveryPage,
  TestedDto,
} from './endpoint.dto.js';
import { EndpointsAdminService } from './endpoints-admin.service.js';

@AdminApi('notification-endpoints')
export class EndpointsController {
  constructor(private readonly endpoints: EndpointsAdminService) {}

  @Get()
  @ApiOperation({
    summary: 'List the endpoints of notifications, the newest first',
    description: 'Without their secrets.',
  })
  @ApiOkResponse({ type: EndpointPage })
  list(@Query() query: PageQuery): Promise<EndpointPage> {
    return this.endpoints.list(query);
  }

  @Get(':id')
  @ApiOperation({ summary: 'Show one endpoint', description: 'Without its secret.' })
  @ApiOkResponse({ type: EndpointDto })
  @ApiNotFoundResponse()
  get(@Param('id', KnownIdPipe) id: string): Promise<EndpointDto> {
    return this.endpoints.get(id);
  }

  @Post()
  @ApiOperation({
    summary: 'Send notifications of some types to a URL',
    description: 'Signed by Standard Webhooks with the secret that is returned, and never shown again.',
  })
  @ApiCreatedResponse({ type: EndpointWithSecretDto })
  @ApiBadRequestResponse()
  @ApiConflictResponse({ description: 'There are too many, or SECRETS_KEY is not set' })
  create(@Body() endpoint: NewEndpointDto): Promise<EndpointWithSecretDto> {
    return this.endpoints.create(endpoint);
  }

  @Patch(':id')
  @ApiOperation({ summary: 'Change an endpoint', description: 'What is left out stays as it is.' })
  @ApiOkResponse({ type: EndpointDto })
  @ApiBadRequestResponse()
  @ApiNotFoundResponse()
  change(@Param('id', KnownIdPipe) id: string, @Body() change: EndpointChangeDto): Promise<EndpointDto> {
    return this.endpoints.change(id, change);
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Remove an endpoint with its deliveries',
    description: 'A call that is under way is finished.',
  })
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  remove(@Param('id', KnownIdPipe) id: string): Promise<void> {
    return this.endpoints.remove(id);
  }

  @Post(':id/secret')
  @ApiOperation({
    summary: 'Give an endpoint a new secret',
    description: 'For a day its webhooks are signed with the former one too.',
  })
  @ApiCreatedResponse({ type: EndpointWithSecretDto })
  @ApiNotFoundResponse()
  rotate(@Param('id', KnownIdPipe) id: string): Promise<EndpointWithSecretDto> {
    return this.endpoints.rotate(id);
  }

  @Post(':id/test')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send an endpoint a notification to try it',
    description: 'Of the type `endpoint.test`, whichever types it wants. Its delivery tells what came of it.',
  })
  @ApiAcceptedResponse({ type: TestedDto })
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The endpoint is disabled' })
  test(@Param('id', KnownIdPipe) id: string): Promise<TestedDto> {
    return this.endpoints.test(id);
  }

  @Get(':id/deliveries')
  @ApiOperation({
    summary: 'List the deliveries of an endpoint, the newest first',
    description: 'Each with the status or the error of its last attempt.',
  })
  @ApiOkResponse({ type: NotificationDeliveryPage })
  @ApiNotFoundResponse()
  deliveries(
    @Param('id', KnownIdPipe) id: string,
    @Query() query: PageQuery,
  ): Promise<NotificationDeliveryPage> {
    return this.endpoints.deliveries(id, query);
  }

  @Post(':id/deliveries/:deliveryId/redeliver')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Send a notification once more, whatever became of it',
    description: 'With the same `webhook-id`, and all attempts anew.',
  })
  @ApiParam({ name: 'deliveryId', type: String, example: '42' })
  @ApiAcceptedResponse()
  @ApiNotFoundResponse()
  @ApiConflictResponse({ description: 'The endpoint is disabled' })
  redeliver(
    @Param('id', KnownIdPipe) id: string,
    @Param('deliveryId', NumberIdPipe) deliveryId: bigint,
  ): Promise<void> {
    return this.endpoints.redeliver(id, deliveryId);
  }
}

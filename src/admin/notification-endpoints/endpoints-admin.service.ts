import { Injectable } from '@nestjs/common';
import { EndpointsService } from '../../notifications/endpoints/endpoints.service.js';
import { asHttp, type Statuses } from '../access/as-http.js';
import { decodeIdCursor, decodeNumberCursor, encodeIdCursor, encodeNumberCursor } from '../listing/cursor.js';
import { pageOf, type PageQuery } from '../listing/page.js';
import {
  type EndpointChangeDto,
  type EndpointDto,
  type EndpointPage,
  type EndpointWithSecretDto,
  type NewEndpointDto,
  type NotificationDeliveryPage,
  type TestedDto,
  toDeliveryDto,
  toEndpointDto,
} from './endpoint.dto.js';

const statuses: Statuses = {
  ENDPOINT_UNKNOWN: 404,
  DELIVERY_UNKNOWN: 404,
  ENDPOINTS_FULL: 409,
  ENDPOINT_DISABLED: 409,
  SECRETS_KEY_MISSING: 409,
};

/** Lists and changes the endpoints of notifications for operators. */
@Injectable()
export class EndpointsAdminService {
  constructor(private readonly endpoints: EndpointsService) {}

  async list({ limit, cursor }: PageQuery): Promise<EndpointPage> {
    const after = cursor === undefined ? null : decodeIdCursor(cursor);
    const rows = await this.endpoints.list(after, limit + 1);
    return pageOf(rows, limit, toEndpointDto, ({ id }) => encodeIdCursor(id));
  }

  async get(id: string): Promise<EndpointDto> {
    return toEndpointDto(await asHttp(statuses, () => this.endpoints.get(id)));
  }

  async create({
    url,
    types,
    description = null,
    enabled = true,
  }: NewEndpointDto): Promise<EndpointWithSecretDto> {
    const wish = { url, types, description, enabled };
    const { endpoint, secret } = await asHttp(statuses, () => this.endpoints.create(wish));
    return Object.assign(toEndpointDto(endpoint), { secret });
  }

  async change(id: string, { url, types, description, enabled }: EndpointChangeDto): Promise<EndpointDto> {
    const change = {
      ...(url !== undefined && { url }),
      ...(types !== undefined && { types }),
      ...(description !== undefined && { description }),
      ...(enabled !== undefined && { enabled }),
    };
    return toEndpointDto(await asHttp(statuses, () => this.endpoints.change(id, change)));
  }

  async rotate(id: string): Promise<EndpointWithSecretDto> {
    const { endpoint, secret } = await asHttp(statuses, () => this.endpoints.rotate(id));
    return Object.assign(toEndpointDto(endpoint), { secret });
  }

  async remove(id: string): Promise<void> {
    await asHttp(statuses, () => this.endpoints.remove(id));
  }

  async deliveries(id: string, { limit, cursor }: PageQuery): Promise<NotificationDeliveryPage> {
    const after = cursor === undefined ? null : decodeNumberCursor(cursor);
    const rows = await asHttp(statuses, () => this.endpoints.deliveries(id, after, limit + 1));
    return pageOf(rows, limit, toDeliveryDto, (row) => encodeNumberCursor(row.id));
  }

  async redeliver(id: string, deliveryId: bigint): Promise<void> {
    await asHttp(statuses, () => this.endpoints.redeliver(id, deliveryId));
  }

  async test(id: string): Promise<TestedDto> {
    return { deliveryId: String(await asHttp(statuses, () => this.endpoints.test(id))) };
  }
}

import { Injectable } from '@nestjs/common';
import { SourcesService } from '../../triggers/sources/sources.service.js';
import { asHttp, type Statuses } from '../access/as-http.js';
import { decodeTextCursor, encodeTextCursor } from '../listing/cursor.js';
import { pageOf, type PageQuery } from '../listing/page.js';
import {
  type NewSecretDto,
  type NewSourceDto,
  type SourceChangeDto,
  type SourceDto,
  type SourcePage,
  toSourceDto,
} from './source.dto.js';

const statuses: Statuses = {
  SOURCE_UNKNOWN: 404,
  SECRET_UNKNOWN: 404,
  SOURCE_NAME_TAKEN: 409,
  SOURCE_HAS_TRIGGERS: 409,
  SOURCE_SECRETS_FULL: 409,
  SECRET_IS_LAST: 409,
  SECRETS_KEY_MISSING: 409,
};

/** Lists and changes sources of webhooks for operators. */
@Injectable()
export class SourcesAdminService {
  constructor(private readonly sources: SourcesService) {}

  async list({ limit, cursor }: PageQuery): Promise<SourcePage> {
    const after = cursor === undefined ? null : decodeTextCursor(cursor);
    const rows = await this.sources.list(after, limit + 1);
    return pageOf(rows, limit, toSourceDto, ({ name }) => encodeTextCursor(name));
  }

  async get(name: string): Promise<SourceDto> {
    return toSourceDto(await asHttp(statuses, () => this.sources.get(name)));
  }

  async create(source: NewSourceDto): Promise<SourceDto> {
    return toSourceDto(await asHttp(statuses, () => this.sources.create(source)));
  }

  async change(name: string, change: SourceChangeDto): Promise<SourceDto> {
    return toSourceDto(await asHttp(statuses, () => this.sources.change(name, change)));
  }

  async remove(name: string): Promise<void> {
    await asHttp(statuses, () => this.sources.remove(name));
  }

  async addSecret(name: string, { secret }: NewSecretDto): Promise<SourceDto> {
    return toSourceDto(await asHttp(statuses, () => this.sources.addSecret(name, secret)));
  }

  async removeSecret(name: string, id: string): Promise<void> {
    await asHttp(statuses, () => this.sources.removeSecret(name, id));
  }
}

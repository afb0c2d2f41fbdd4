import { Delete, HttpCode, NotFoundException, Param } from '@nestjs/common';
import {
  ApiNoContentResponse,
  ApiNotFoundResponse,
  ApiOperation,
  ApiParam,
} from '../../platform/openapi/api-docs.js';
import { ChatId } from '../../channel/ids.js';
import { PeopleAccess } from '../../access/people-access.js';
import { AdminApi } from '../access/admin-api.decorator.js';

const key = { name: 'key', description: 'Channel and chat id', example: 'telegram:-1001234567890' };

@AdminApi('admitted-groups')
export class AdmittedGroupsController {
  constructor(private readonly access: PeopleAccess) {}

  @Delete(':key')
  @HttpCode(204)
  @ApiOperation({
    summary: 'Put a group out again that was let in; it may ask anew',
    description: 'What is said there is not answered until somebody lets it in again.',
  })
  @ApiParam(key)
  @ApiNoContentResponse()
  @ApiNotFoundResponse()
  async putOut(@Param('key') text: string): Promise<void> {
    const [, channel, id] = /^([a-z0-9:-]{1,64}):(-\d{1,18})$/.exec(text) ?? [];
    const operator = { key: 'admin', name: null };
    const wasIn =
      channel !== undefined && id !== undefined && (await this.access.putOut(channel, ChatId(id), operator));
    if (!wasIn) throw new NotFoundException('There is no group with this id that was let in');
  }
}

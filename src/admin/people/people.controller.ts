import { Body, Get, Param, Patch, Query } from '@nestjs/common';
import {
  ApiNotFoundResponse,
  ApiOkResponse,
  ApiOperation,
  ApiParam,
} from '../../platform/openapi/api-docs.js';
import { AdminApi } from '../access/admin-api.decorator.js';
import { PageQuery } from '../listing/page.js';
import { PeopleService } from './people.service.js';
import { PersonChange, PersonDto, PersonPage } from './person.dto.js';

const key = { name: 'key', description: 'Channel and user id', example: 'telegram:123456789' };

@AdminApi('people')
export class PeopleController {
  constructor(private readonly people: PeopleService) {}

  @Get()
  @ApiOperation({
    summary: 'List the people who have written, by channel and id',
    description: 'Each with their role, the tools they may use, and whether they are blocked.',
  })
  @ApiOkResponse({ type: PersonPage })
  list(@Query() query: PageQuery): Promise<PersonPage> {
    return this.people.list(query);
  }

  @Get(':key')
  @ApiOperation({ summary: 'Show one person', description: 'As last seen.' })
  @ApiParam(key)
  @ApiOkResponse({ type: PersonDto })
  @ApiNotFoundResponse()
  get(@Param('key') id: string): Promise<PersonDto> {
    return this.people.get(id);
  }

  @Patch(':key')
  @ApiOperation({
    summary: 'Give a person a role, block them, say which tools they may use',
    description: 'What is not named stays; null takes a role, or rules for tools, back.',
  })
  @ApiParam(key)
  @ApiOkResponse({ type: PersonDto })
  @ApiNotFoundResponse()
  change(@Param('key') id: string, @Body() change: PersonChange): Promise<PersonDto> {
    return this.people.change(id, change);
  }
}

import { BadRequestException, Injectable, NotFoundException } from '@nestjs/common';
import { PersonToolsRepository } from '../../memory/person-tools.repository.js';
import { decodeTextCursor, encodeTextCursor } from '../listing/cursor.js';
import { type PageQuery, pageOf } from '../listing/page.js';
import {
  type PersonChange,
  type PersonDto,
  type PersonPage,
  type ShownPerson,
  toPersonDto,
} from './person.dto.js';
import { type PersonKey, PersonListing } from './person-listing.repository.js';
import { toToolRules } from './tool-rules.dto.js';

/** What an operator does with people. */
@Injectable()
export class PeopleService {
  constructor(
    private readonly listing: PersonListing,
    private readonly tools: PersonToolsRepository,
  ) {}

  async list({ limit, cursor }: PageQuery): Promise<PersonPage> {
    const after = cursor === undefined ? null : keyOf(decodeTextCursor(cursor));
    if (cursor !== undefined && !after) throw new BadRequestException('cursor is of another listing');
    const rows = await this.listing.rows(after, limit + 1);
    return pageOf(rows, limit, toPersonDto, ({ channel, userId }) =>
      encodeTextCursor(`${channel}:${userId}`),
    );
  }

  /** @param key `<channel>:<user id>` */
  async get(key: string): Promise<PersonDto> {
    return toPersonDto(await this.findOrFail(key));
  }

  /** Counts from the person's next turn on; a turn under way heeds it when it goes on after a pause or another message. */
  async change(key: string, { tools }: PersonChange): Promise<PersonDto> {
    const { channel, userId } = await this.findOrFail(key);
    await this.tools.set(channel, userId, tools && toToolRules(tools));
    return await this.get(key);
  }

  private async findOrFail(text: string): Promise<ShownPerson> {
    const key = keyOf(text);
    const person = key && (await this.listing.find(key));
    if (!person) throw new NotFoundException('Nobody with this id has written yet');
    return person;
  }
}

/** Reads `<channel>:<user id>`; null where it can be nobody's. */
function keyOf(text: string): PersonKey | null {
  const [, channel, id] = /^([a-z0-9-]{1,32}):(-?\d{1,18})$/.exec(text) ?? [];
  return channel === undefined || id === undefined ? null : { channel, userId: BigInt(id) };
}

import { BadRequestException, ConflictException, Injectable, NotFoundException } from '@nestjs/common';
import { UserId } from '../../channel/ids.js';
import { type AccessChange, OwnerBySettingsError, PeopleAccess } from '../../access/people-access.js';
import { AccessSettings } from '../../channel/access.settings.js';
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
import { type PersonKey, PersonListingRepository } from './person-listing.repository.js';
import { toToolRules } from './tool-rules.dto.js';

/** An operator's actions on people. */
@Injectable()
export class PeopleService {
  constructor(
    private readonly listing: PersonListingRepository,
    private readonly tools: PersonToolsRepository,
    private readonly access: PeopleAccess,
    private readonly settings: AccessSettings,
  ) {}

  async list({ limit, cursor }: PageQuery): Promise<PersonPage> {
    const after = cursor === undefined ? null : keyOf(decodeTextCursor(cursor));
    if (cursor !== undefined && !after) throw new BadRequestException('cursor is of another listing');
    const rows = await this.listing.rows(after, limit + 1);
    return pageOf(
      rows,
      limit,
      (person) => this.shown(person),
      ({ channel, userId }) => encodeTextCursor(`${channel}:${userId}`),
    );
  }

  /** @param key `<channel>:<user id>` */
  async get(key: string): Promise<PersonDto> {
    return this.shown(await this.findOrFail(key));
  }

  /**
   * Counts from the person's next message on; tool rules also for a turn under way, when it continues after a pause or
   * another message.
   */
  async change(key: string, { tools, role, blocked }: PersonChange): Promise<PersonDto> {
    if (tools === undefined && role === undefined && blocked === undefined)
      throw new BadRequestException('name at least one of tools, role, blocked');
    const { channel, ...person } = await this.findOrFail(key);
    const userId = UserId(person.userId);
    if (role !== undefined || blocked !== undefined)
      await this.changeAccess({ channel, userId }, { role, blocked });
    if (tools !== undefined) await this.tools.set(channel, userId, tools && toToolRules(tools));
    return await this.get(key);
  }

  private async changeAccess(person: PersonKey, change: AccessChange): Promise<void> {
    try {
      await this.access.change(person, change, { key: 'admin', name: null });
    } catch (error) {
      if (error instanceof OwnerBySettingsError) throw new ConflictException(error.message);
      throw error;
    }
  }

  private shown(person: ShownPerson): PersonDto {
    const role = this.settings.isOwner(UserId(person.userId)) ? 'owner' : person.role;
    return toPersonDto({ ...person, role });
  }

  private async findOrFail(text: string): Promise<ShownPerson> {
    const key = keyOf(text);
    const person = key && (await this.listing.find(key));
    if (!person) throw new NotFoundException('Nobody with this id has written yet');
    return person;
  }
}

/** Reads `<channel>:<user id>`; null if no person can have that key. */
function keyOf(text: string): PersonKey | null {
  const [, channel, id] = /^([a-z0-9:-]{1,64}):(-?\d{1,18})$/.exec(text) ?? [];
  return channel === undefined || id === undefined ? null : { channel, userId: UserId(id) };
}

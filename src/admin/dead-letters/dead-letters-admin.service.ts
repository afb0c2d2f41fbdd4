import { Injectable, NotFoundException } from '@nestjs/common';
import { DeadLettersService } from '../../dead-letters/dead-letters.service.js';
import { decodeTimeCursor, encodeTimeCursor } from '../listing/cursor.js';
import {
  type DeadLetterPage,
  type DeadLetterWithPayloadDto,
  type ReplayDto,
  toDeadLetterDto,
} from './dead-letter.dto.js';
import { DeadLetterListingRepository } from './dead-letter-listing.repository.js';
import { pageOf, type PageQuery } from '../listing/page.js';

/** Lists, replays and discards dead letters for operators. */
@Injectable()
export class DeadLettersAdminService {
  constructor(
    private readonly listing: DeadLetterListingRepository,
    private readonly deadLetters: DeadLettersService,
  ) {}

  async list({ limit, cursor }: PageQuery): Promise<DeadLetterPage> {
    const after = cursor === undefined ? null : decodeTimeCursor(cursor);
    return pageOf(await this.listing.rows(after, limit + 1), limit, toDeadLetterDto, encodeTimeCursor);
  }

  async get(id: string): Promise<DeadLetterWithPayloadDto> {
    const letter = await this.listing.find(id);
    if (!letter) throw unknown();
    return Object.assign(toDeadLetterDto(letter), { payload: letter.payload });
  }

  /** Gives the work back to its lane and deletes the dead letter. Another final failure writes a new one. */
  async replay(id: string): Promise<ReplayDto> {
    if (!(await this.deadLetters.replay(id))) throw unknown();
    return { status: 'queued' };
  }

  async discard(id: string): Promise<void> {
    if (!(await this.deadLetters.discard(id))) throw unknown();
  }
}

function unknown(): NotFoundException {
  return new NotFoundException('There is no dead letter with this id');
}

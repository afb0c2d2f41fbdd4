import { Injectable, NotFoundException } from '@nestjs/common';
import { DeadLetters } from '../../queue/dead-letters.service.js';
import { decodeTimeCursor, encodeTimeCursor } from '../listing/cursor.js';
import {
  type DeadLetterPage,
  type DeadLetterWithPayloadDto,
  type ReplayDto,
  toDeadLetterDto,
} from './dead-letter.dto.js';
import { DeadLetterListing } from './dead-letter-listing.repository.js';
import { pageOf, type PageQuery } from '../listing/page.js';

/** Where an operator looks at what failed for good, and decides what becomes of it. */
@Injectable()
export class DeadLetterDesk {
  constructor(
    private readonly listing: DeadLetterListing,
    private readonly deadLetters: DeadLetters,
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

  /** Gives the work back to its lane; the dead letter is gone then, unless it fails for good again. */
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

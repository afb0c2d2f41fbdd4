import type { Type } from '@nestjs/common';
import { ApiProperty } from '../../platform/openapi/api-docs.js';
import type { Page } from './page.js';

/**
 * The class of a page in the API’s description: a type parameter alone does not exist at run time.
 *
 * @example
 * export class TurnPage extends pageOfDtos(TurnDto) {}
 */
export function pageOfDtos<Dto>(dto: Type<Dto>): Type<Page<Dto>> {
  class PageDto implements Page<Dto> {
    @ApiProperty({ type: [dto] })
    readonly items: readonly Dto[];

    @ApiProperty({ type: String, nullable: true, description: 'null: the last page' })
    readonly nextCursor: string | null;
  }
  return PageDto;
}

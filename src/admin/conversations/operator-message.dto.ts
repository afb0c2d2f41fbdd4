import { BadRequestException } from '@nestjs/common';
import { ApiProperty } from '../../platform/openapi/api-docs.js';
import { IsString, Matches, MaxLength } from 'class-validator';
import { STORABLE } from '../listing/storable.js';

/** UTF-16 units; as long as an answer of the agent may be. */
const MAX_CHARS = 100_000;

export class OperatorMessageDto {
  @ApiProperty({
    maxLength: MAX_CHARS,
    description: 'Markdown; a long text is sent as several messages',
  })
  @IsString()
  @MaxLength(MAX_CHARS)
  @Matches(/\S/, { message: 'text must not be empty' })
  @Matches(STORABLE, { message: 'text must hold no NUL and no half of a surrogate pair' })
  text: string;
}

/**
 * The header that makes it safe to repeat a request
 * (https://datatracker.ietf.org/doc/draft-ietf-httpapi-idempotency-key-header).
 * @returns null if there is none
 */
export function readIdempotencyKey(key: string | undefined): string | null {
  if (key === undefined) return null;
  if (!/^[\x21-\x7e]{1,255}$/.test(key))
    throw new BadRequestException(
      'Idempotency-Key must be 1 to 255 visible ASCII characters, without spaces',
    );
  return key;
}

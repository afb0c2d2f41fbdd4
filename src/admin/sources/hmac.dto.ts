import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { IsIn, IsInt, IsString, Matches, Max, MaxLength, Min } from 'class-validator';
import {
  type HmacAlgorithm,
  hmacAlgorithms,
  type SignatureEncoding,
  signatureEncodings,
} from '../../triggers/schemes/hmac.js';
import { STORABLE } from '../listing/storable.js';
import { IfGiven } from '../listing/if-given.js';

const HEADER = /^[\w-]{1,100}$/;

/** An HMAC signature. */
export class HmacDto {
  @ApiProperty({ description: 'The header with the signature', example: 'X-Signature' })
  @Matches(HEADER)
  header: string;

  @ApiProperty({ enum: hmacAlgorithms })
  @IsIn(hmacAlgorithms)
  algorithm: HmacAlgorithm;

  @ApiProperty({ enum: signatureEncodings })
  @IsIn(signatureEncodings)
  encoding: SignatureEncoding;

  @ApiPropertyOptional({ type: String, description: 'Before the signature', example: 'sha256=' })
  @IfGiven()
  @IsString()
  @MaxLength(100)
  @Matches(STORABLE)
  prefix?: string;

  @ApiPropertyOptional({
    type: String,
    description: 'What is signed; default `{timestamp}.{body}` with a timestamp header, else `{body}`',
  })
  @IfGiven()
  @IsString()
  @MaxLength(200)
  @Matches(STORABLE)
  template?: string;

  @ApiPropertyOptional({ type: String, description: 'The header with the time of the signature' })
  @IfGiven()
  @Matches(HEADER)
  timestampHeader?: string;

  @ApiPropertyOptional({ type: 'integer', default: 300, minimum: 1, maximum: 86_400 })
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(86_400)
  toleranceSeconds?: number;
}

import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsIn,
  IsInt,
  IsObject,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
  MinLength,
  ValidateNested,
} from 'class-validator';
import { presets } from '../../triggers/schemes/presets/presets.js';
import { MAX_BODY_BYTES, MAX_SECRETS, OWN_HMAC, SOURCE_NAME } from '../../triggers/sources/source.js';
import type { ListedSource } from '../../triggers/sources/source.repository.js';
import { readDescribedHmac } from '../../triggers/sources/stored-hmac.js';
import { pageOfDtos } from '../listing/page-dto.js';
import { STORABLE } from '../listing/storable.js';
import { HmacDto } from './hmac.dto.js';
import { IfGiven } from '../listing/if-given.js';

const presetNames = [...presets.map(({ name }) => name), OWN_HMAC];
const MAX_SECRET = 500;
const MAX_RATE = 1_000_000;

const about = {
  preset: `Whose webhooks, or \`${OWN_HMAC}\` for an HMAC that \`hmac\` describes`,
  secrets: `What the sender signs with, at most ${MAX_SECRETS}: any of them may match. Never shown again`,
  idFrom:
    'Where the delivery’s id is, if not where the preset says: `header:x-request-id` or `body:event.id`. Without an id, a digest of the body tells repeats apart',
  ratePerMinute: 'Webhooks in any minute, over all processes; more are answered 429. null: no limit',
} as const;

/** The settings of a source that may change; absent fields keep their value. */
export class SourceChangeDto {
  @ApiPropertyOptional({ type: HmacDto })
  @IfGiven()
  @IsObject()
  @ValidateNested()
  @Type(() => HmacDto)
  hmac?: HmacDto;

  @ApiPropertyOptional({ type: String, nullable: true, description: about.idFrom })
  @IsOptional()
  @IsString()
  @MaxLength(200)
  @Matches(STORABLE)
  idFrom?: string | null;

  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: MAX_BODY_BYTES, default: MAX_BODY_BYTES })
  @IfGiven()
  @IsInt()
  @Min(1)
  @Max(MAX_BODY_BYTES)
  maxBodyBytes?: number;

  @ApiPropertyOptional({
    type: 'integer',
    nullable: true,
    minimum: 1,
    maximum: MAX_RATE,
    description: about.ratePerMinute,
  })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(MAX_RATE)
  ratePerMinute?: number | null;
}

export class NewSourceDto extends SourceChangeDto {
  @ApiProperty({
    description: 'Its address is `/webhook/<name>`',
    pattern: '^[a-z0-9-]{1,63}$',
    example: 'github',
  })
  @Matches(SOURCE_NAME, { message: 'name must be 1 to 63 of a-z, 0-9 and -, and not telegram' })
  name: string;

  @ApiProperty({ enum: presetNames, description: about.preset, example: 'github' })
  @IsIn(presetNames)
  preset: string;

  @ApiProperty({ type: [String], maxItems: MAX_SECRETS, writeOnly: true, description: about.secrets })
  @IsArray()
  @ArrayMaxSize(MAX_SECRETS)
  @IsString({ each: true })
  @MinLength(1, { each: true })
  @MaxLength(MAX_SECRET, { each: true })
  secrets: string[];
}

export class NewSecretDto {
  @ApiProperty({ writeOnly: true, minLength: 1, maxLength: MAX_SECRET })
  @IsString()
  @MinLength(1)
  @MaxLength(MAX_SECRET)
  secret: string;
}

/** A secret, as far as it is shown. */
export class SecretDto {
  @ApiProperty({ format: 'uuid' })
  readonly id: string;

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;
}

/** A source of webhooks. */
export class SourceDto {
  @ApiProperty()
  readonly name: string;

  @ApiProperty({ description: 'Where its sender posts to', example: '/webhook/github' })
  readonly path: string;

  @ApiProperty({ enum: presetNames })
  readonly preset: string;

  @ApiProperty({ type: HmacDto, nullable: true })
  readonly hmac: HmacDto | null;

  @ApiProperty({ type: String, nullable: true, description: 'null: where the preset says' })
  readonly idFrom: string | null;

  @ApiProperty({ type: 'integer' })
  readonly maxBodyBytes: number;

  @ApiProperty({ type: 'integer', nullable: true, description: 'null: no limit' })
  readonly ratePerMinute: number | null;

  @ApiProperty({ type: [SecretDto], description: 'Oldest first' })
  readonly secrets: readonly SecretDto[];

  @ApiProperty({ type: String, format: 'date-time' })
  readonly createdAt: string;
}

export class SourcePage extends pageOfDtos(SourceDto) {}

export function toSourceDto(source: ListedSource): SourceDto {
  const { name, preset, idFrom, maxBodyBytes, ratePerMinute } = source;
  return {
    name,
    path: `/webhook/${name}`,
    preset,
    hmac: source.hmac === null ? null : readDescribedHmac(source.hmac),
    idFrom,
    maxBodyBytes,
    ratePerMinute,
    secrets: source.secrets.map(({ id, createdAt }) => ({ id, createdAt: createdAt.toISOString() })),
    createdAt: source.createdAt.toISOString(),
  };
}

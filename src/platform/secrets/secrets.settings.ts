import { IsOptional, Matches } from 'class-validator';
import { FromEnv } from '../config/variable.js';

/** 32 bytes in base64, or in base64url as generated keys are. */
const KEY = /^[A-Za-z0-9+/_-]{43}=?$/;

export class SecretsSettings {
  @FromEnv('SECRETS_KEY', {
    description:
      'encrypts the secrets of webhook sources in the database: 32 bytes as base64; outside production one is generated and kept in DATA_DIR',
    example: 'q83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=',
    placeholder: 'the output of: openssl rand -base64 32',
    secret: true,
  })
  @IsOptional()
  @Matches(KEY, { message: 'must be 32 bytes in base64' })
  secretsKey?: string;
}

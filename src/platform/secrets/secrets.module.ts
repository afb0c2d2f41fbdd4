import { Module } from '@nestjs/common';
import { SecretsKey } from './secrets-key.js';

/** The key of all secrets that are kept in the database. */
@Module({ providers: [SecretsKey], exports: [SecretsKey] })
export class SecretsModule {}

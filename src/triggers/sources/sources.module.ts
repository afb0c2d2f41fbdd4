import { Module } from '@nestjs/common';
import { SecretsKey } from './secrets-key.js';
import { SourceDirectory } from './source-directory.js';
import { SourceRepository } from './source.repository.js';
import { SourcesService } from './sources.service.js';

/** What may send webhooks. */
@Module({
  providers: [SourceRepository, SourcesService, SourceDirectory, SecretsKey],
  exports: [SourcesService, SourceDirectory],
})
export class SourcesModule {}

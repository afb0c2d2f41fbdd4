import { Module } from '@nestjs/common';
import { SecretsKey } from './secrets-key.js';
import { SourceDirectory } from './source-directory.js';
import { SourceRepository } from './source.repository.js';
import { SourcesService } from './sources.service.js';

/** The sources of webhooks, and their secrets. */
@Module({
  providers: [SourceRepository, SourcesService, SourceDirectory, SecretsKey],
  exports: [SourcesService, SourceDirectory, SecretsKey],
})
export class SourcesModule {}

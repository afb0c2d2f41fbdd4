import { Module } from '@nestjs/common';
import { SecretsModule } from '../../platform/secrets/secrets.module.js';
import { SourceDirectory } from './source-directory.js';
import { SourceRepository } from './source.repository.js';
import { SourcesService } from './sources.service.js';

/** The sources of webhooks, and their secrets. */
@Module({
  imports: [SecretsModule],
  providers: [SourceRepository, SourcesService, SourceDirectory],
  exports: [SourcesService, SourceDirectory],
})
export class SourcesModule {}

import { Module } from '@nestjs/common';
import { SourcesModule } from '../../triggers/sources/sources.module.js';
import { EndpointRepository } from './endpoint.repository.js';
import { EndpointsService } from './endpoints.service.js';

/** Endpoints, as they are kept. `sending/` calls them. */
@Module({
  imports: [SourcesModule],
  providers: [EndpointRepository, EndpointsService],
  exports: [EndpointsService],
})
export class EndpointsModule {}

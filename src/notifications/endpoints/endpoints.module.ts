import { Module } from '@nestjs/common';
import { SecretsModule } from '../../platform/secrets/secrets.module.js';
import { EndpointRepository } from './endpoint.repository.js';
import { EndpointsService } from './endpoints.service.js';

/** Endpoints, as they are kept. `sending/` calls them. */
@Module({
  imports: [SecretsModule],
  providers: [EndpointRepository, EndpointsService],
  exports: [EndpointsService],
})
export class EndpointsModule {}

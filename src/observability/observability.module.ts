import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HealthController } from './health.controller.js';
import { HealthRegistry } from './health-registry.js';
import { HttpExceptionFilter } from './http-exception.filter.js';
import { Metrics } from './metrics.js';

/**
 * Health, metrics, and one shape for every error over HTTP. Rooms add what must work to the `HealthRegistry`, and what
 * they count to the `Metrics`.
 */
@Global()
@Module({
  controllers: [HealthController],
  providers: [HealthRegistry, Metrics, { provide: APP_FILTER, useClass: HttpExceptionFilter }],
  exports: [HealthRegistry, Metrics],
})
export class ObservabilityModule {}

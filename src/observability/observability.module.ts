import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HealthController } from './health.controller.js';
import { HealthRegistry } from './health-registry.js';
import { HttpExceptionFilter } from './http-exception.filter.js';

/** Health, and one shape for every error over HTTP. Rooms add what must work to the `HealthRegistry`. */
@Global()
@Module({
  controllers: [HealthController],
  providers: [HealthRegistry, { provide: APP_FILTER, useClass: HttpExceptionFilter }],
  exports: [HealthRegistry],
})
export class ObservabilityModule {}

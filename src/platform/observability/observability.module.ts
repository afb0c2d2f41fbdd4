import { Global, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { HealthModule } from '../health/health.module.js';
import { HttpExceptionFilter } from './http-exception.filter.js';
import { Metrics } from './metrics.js';

/** Health, metrics, and one shape for every HTTP error. Modules add their counters to the `Metrics`. */
@Global()
@Module({
  imports: [HealthModule],
  providers: [Metrics, { provide: APP_FILTER, useClass: HttpExceptionFilter }],
  exports: [Metrics],
})
export class ObservabilityModule {}

import { Module } from '@nestjs/common';
import { MetricsController } from './metrics.controller.js';

/** Serves the metrics at `/metrics`. Left out if they must not be readable from outside. */
@Module({ controllers: [MetricsController] })
export class MetricsModule {}

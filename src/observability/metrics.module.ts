import { Module } from '@nestjs/common';
import { MetricsController } from './metrics.controller.js';

/** Shows the metrics at `/metrics`. Left out where nobody outside may read them. */
@Module({ controllers: [MetricsController] })
export class MetricsModule {}

import { Module } from '@nestjs/common';
import { LanesModule } from '../lanes.module.js';
import { WorkerEnd } from './worker-end.js';

/**
 * The base of all queues' processors: they extend `LaneProcessor` or `ScheduledProcessor`, which end by `WorkerEnd`.
 */
@Module({
  imports: [LanesModule],
  providers: [WorkerEnd],
  exports: [WorkerEnd, LanesModule],
})
export class ProcessingModule {}

import { BullModule } from '@nestjs/bullmq';
import { Global, Module, type OnApplicationShutdown } from '@nestjs/common';
import { RedisSettings } from '../platform/throttling/redis.settings.js';
import { Database } from '../platform/database/database.js';
import { LaneEraser } from './lane-eraser.js';
import { LaneMetrics } from './lane-metrics.js';
import { LaneWaker } from './lane-waker.js';
import { lanes, ROUTING_QUEUE } from './lanes.js';
import { RoutingWaker } from './routing-waker.js';
import { SweepAdditions } from './sweep-additions.js';
import { QueueHealth } from './queue-health.js';
import { openQueueBackend, QueueBackend, queueOptions } from './queue-backend.js';
import { WaitingWorkRepository } from './waiting-work.repository.js';

/** Global, so that Nest ends it after the queues and workers that use its connection. */
@Global()
@Module({
  providers: [{ provide: QueueBackend, useFactory: openQueueBackend, inject: [RedisSettings, Database] }],
  exports: [QueueBackend],
})
class QueueBackendModule implements OnApplicationShutdown {
  constructor(private readonly backend: QueueBackend) {}

  onApplicationShutdown(): Promise<void> {
    return this.backend.close();
  }
}

/** The producing side of the queues, in every role. */
@Module({
  imports: [
    QueueBackendModule,
    BullModule.forRootAsync({
      useFactory: ({ connection }: QueueBackend) => ({ connection, ...queueOptions }),
      inject: [QueueBackend],
    }),
    BullModule.registerQueue(...[...lanes, ROUTING_QUEUE].map((name) => ({ name }))),
  ],
  providers: [
    LaneWaker,
    LaneEraser,
    RoutingWaker,
    SweepAdditions,
    QueueHealth,
    LaneMetrics,
    WaitingWorkRepository,
  ],
  exports: [LaneWaker, LaneEraser, RoutingWaker, SweepAdditions, BullModule],
})
export class LanesModule {}

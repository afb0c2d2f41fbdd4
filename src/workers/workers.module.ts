import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AgentModule } from '../agent/agent.module.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { SWEEP_QUEUE } from '../queue/lanes.js';
import { ProcessingModule } from '../queue/processing/processing.module.js';
import { FiringModule } from '../schedules/firing/firing.module.js';
import { AlertsModule } from '../notifications/alerts/alerts.module.js';
import { SendingModule } from '../notifications/sending/sending.module.js';
import { RoutingModule } from '../triggers/routing/routing.module.js';
import { CommandProcessor } from './command.processor.js';
import { DeliveryProcessor } from './delivery.processor.js';
import { DirectDelivery } from './direct-delivery.js';
import { HeartbeatRepository } from '../queue/heartbeat.repository.js';
import { RoutingProcessor } from './routing.processor.js';
import { SummaryProcessor } from './summary.processor.js';
import { SweepModule } from './sweep.module.js';
import { SweepProcessor } from './sweep.processor.js';
import { TurnProcessor } from './turn.processor.js';
import { WorkerHeartbeat } from './worker-heartbeat.js';
import { WorkersHealth } from './workers-health.js';

/** The consuming side of the queues: in the roles `worker` and `all`. */
@Module({
  imports: [
    ProcessingModule,
    AccessModule,
    AgentModule,
    DeliveryModule,
    FiringModule,
    RoutingModule,
    SendingModule,
    AlertsModule,
    SweepModule,
    BullModule.registerQueue({ name: SWEEP_QUEUE }),
  ],
  providers: [
    TurnProcessor,
    CommandProcessor,
    DeliveryProcessor,
    DirectDelivery,
    SummaryProcessor,
    RoutingProcessor,
    SweepProcessor,
    WorkersHealth,
    HeartbeatRepository,
    WorkerHeartbeat,
  ],
})
export class WorkersModule {}

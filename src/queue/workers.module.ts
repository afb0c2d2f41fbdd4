import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { AccessModule } from '../access/access.module.js';
import { AgentModule } from '../agent/agent.module.js';
import { ApprovalsModule } from '../agent/approvals/approvals.module.js';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { UnconfirmedEvents } from '../memory/unconfirmed-events.js';
import { FiringModule } from '../schedules/firing/firing.module.js';
import { BacklogNotices } from './backlog-notices.js';
import { BacklogRepository } from './backlog.repository.js';
import { CommandProcessor } from './command.processor.js';
import { DeliveryProcessor } from './delivery.processor.js';
import { HeartbeatRepository } from './heartbeat.repository.js';
import { LanesModule } from './lanes.module.js';
import { SWEEP_QUEUE } from './lanes.js';
import { SweepMisses } from './sweep-misses.js';
import { SweepProcessor } from './sweep.processor.js';
import { SweepRepository } from './sweep.repository.js';
import { Sweep } from './sweep.service.js';
import { SummaryProcessor } from './summary.processor.js';
import { TurnProcessor } from './turn.processor.js';
import { WorkerEnd } from './worker-end.js';
import { WorkerHeartbeat } from './worker-heartbeat.js';
import { WorkersHealth } from './workers-health.js';

/** The working side of the queues: in the roles `worker` and `all`. */
@Module({
  imports: [
    LanesModule,
    AccessModule,
    AgentModule,
    ApprovalsModule,
    DeliveryModule,
    FiringModule,
    MemoryModule,
    BullModule.registerQueue({ name: SWEEP_QUEUE }),
  ],
  providers: [
    TurnProcessor,
    CommandProcessor,
    DeliveryProcessor,
    SummaryProcessor,
    SweepProcessor,
    Sweep,
    SweepMisses,
    UnconfirmedEvents,
    SweepRepository,
    BacklogNotices,
    BacklogRepository,
    WorkersHealth,
    HeartbeatRepository,
    WorkerHeartbeat,
    WorkerEnd,
  ],
  exports: [WorkerEnd],
})
export class WorkersModule {}

import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { WorkersModule } from '../queue/workers.module.js';
import { BudgetPurge } from './budget-purge.repository.js';
import { PayloadPurge } from './payload-purge.repository.js';
import { ReplyPurge } from './reply-purge.repository.js';
import { RETENTION_QUEUE, RetentionProcessor } from './retention.processor.js';
import { Retention } from './retention.service.js';
import { SchedulePurge } from './schedule-purge.repository.js';
import { StepPurge } from './step-purge.repository.js';

/** What grows old and is removed: in the roles `worker` and `all`. */
@Module({
  imports: [WorkersModule, BullModule.registerQueue({ name: RETENTION_QUEUE })],
  providers: [RetentionProcessor, Retention, PayloadPurge, StepPurge, ReplyPurge, BudgetPurge, SchedulePurge],
})
export class RetentionModule {}

import { BullModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { ProcessingModule } from '../queue/processing/processing.module.js';
import { BudgetPurgeRepository } from './budget-purge.repository.js';
import { PayloadPurgeRepository } from './payload-purge.repository.js';
import { ReplyPurgeRepository } from './reply-purge.repository.js';
import { RETENTION_QUEUE, RetentionProcessor } from './retention.processor.js';
import { RetentionService } from './retention.service.js';
import { NotificationPurgeRepository } from './notification-purge.repository.js';
import { SchedulePurgeRepository } from './schedule-purge.repository.js';
import { StepPurgeRepository } from './step-purge.repository.js';

/** Deletes ageing records: in the roles `worker` and `all`. */
@Module({
  imports: [ProcessingModule, BullModule.registerQueue({ name: RETENTION_QUEUE })],
  providers: [
    RetentionProcessor,
    RetentionService,
    PayloadPurgeRepository,
    StepPurgeRepository,
    ReplyPurgeRepository,
    BudgetPurgeRepository,
    SchedulePurgeRepository,
    NotificationPurgeRepository,
  ],
})
export class RetentionModule {}

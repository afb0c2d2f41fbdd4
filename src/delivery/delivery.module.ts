import { Module } from '@nestjs/common';
import { LeaseModule } from '../lease/lease.module.js';
import { Deliverer } from './deliverer.js';
import { DraftRepository } from './draft.repository.js';
import { Outbox } from './outbox.js';
import { ReplyRepository } from './reply.repository.js';
import { WaitNoticeRepository } from './wait-notice.repository.js';

@Module({
  imports: [LeaseModule],
  providers: [DraftRepository, WaitNoticeRepository, Outbox, ReplyRepository, Deliverer],
  exports: [DraftRepository, WaitNoticeRepository, Outbox, Deliverer],
})
export class DeliveryModule {}

import { Module } from '@nestjs/common';
import { LeaseModule } from '../lease/lease.module.js';
import { Deliverer } from './deliverer.js';
import { Outbox } from './outbox.js';
import { ReplyRepository } from './reply.repository.js';

@Module({
  imports: [LeaseModule],
  providers: [Outbox, ReplyRepository, Deliverer],
  exports: [Outbox, Deliverer],
})
export class DeliveryModule {}

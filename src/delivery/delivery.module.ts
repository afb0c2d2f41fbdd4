import { Module } from '@nestjs/common';
import { LeaseModule } from '../queue/lease/lease.module.js';
import { ChatMigrationModule } from '../memory/chat-migration/chat-migration.module.js';
import { Confirmations } from './confirmations.js';
import { Deliverer } from './deliverer.js';
import { DraftRepository } from './draft.repository.js';
import { FloodGate } from './flood/flood-gate.js';
import { FloodWindowsRepository } from './flood/flood-windows.repository.js';
import { LateEditRepository } from './late-edit.repository.js';
import { Outbox } from './outbox.js';
import { ReplyRepository } from './reply.repository.js';
import { SendRecords } from './send-records.js';
import { WaitNoticeRepository } from './wait-notice.repository.js';

@Module({
  imports: [LeaseModule, ChatMigrationModule],
  providers: [
    DraftRepository,
    WaitNoticeRepository,
    Outbox,
    ReplyRepository,
    SendRecords,
    LateEditRepository,
    Confirmations,
    FloodGate,
    FloodWindowsRepository,
    Deliverer,
  ],
  exports: [DraftRepository, WaitNoticeRepository, Outbox, FloodGate, Deliverer],
})
export class DeliveryModule {}

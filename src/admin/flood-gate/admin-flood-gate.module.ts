import { Module } from '@nestjs/common';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { FloodGateViewRepository } from './flood-gate-view.repository.js';
import { FloodGateController } from './flood-gate.controller.js';

/** `/admin/flood-gate`: the speed of sending, and the replies that wait for it. */
@Module({
  imports: [AdminAccessModule],
  controllers: [FloodGateController],
  providers: [FloodGateViewRepository],
})
export class AdminFloodGateModule {}

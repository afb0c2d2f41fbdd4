import { Module } from '@nestjs/common';
import { TurnsModule } from '../../agent/turns/turns.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { TurnCancellationService } from './turn-cancellation.service.js';
import { TurnListingRepository } from './turn-listing.repository.js';
import { TurnsController } from './turns.controller.js';
import { TurnsService } from './turns.service.js';

/** `/admin/turns`: runs of the agent with their steps, and cancelling one. */
@Module({
  imports: [LanesModule, TurnsModule, AdminAccessModule],
  controllers: [TurnsController],
  providers: [TurnCancellationService, TurnListingRepository, TurnsService],
})
export class AdminTurnsModule {}

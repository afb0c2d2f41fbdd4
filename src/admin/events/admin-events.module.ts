import { Module } from '@nestjs/common';
import { LanesModule } from '../../queue/lanes.module.js';
import { ReplayingModule } from '../../triggers/replaying/replaying.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { EventListingRepository } from './event-listing.repository.js';
import { EventReplayRepository } from './event-replay.repository.js';
import { EventsAdminService } from './events-admin.service.js';
import { EventReplaysController } from './event-replays.controller.js';
import { EventsController } from './events.controller.js';

/** `/admin/events`: what came in, and what became of it. */
@Module({
  imports: [LanesModule, ReplayingModule, AdminAccessModule],
  controllers: [EventsController, EventReplaysController],
  providers: [EventsAdminService, EventListingRepository, EventReplayRepository],
})
export class AdminEventsModule {}

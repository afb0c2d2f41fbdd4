import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { LanesModule } from '../../queue/lanes.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { AdmittedGroupsController } from './admitted-groups.controller.js';
import { PairingsAdminService } from './pairings-admin.service.js';
import { PairingListingRepository } from './pairing-listing.repository.js';
import { PairingsController } from './pairings.controller.js';

/** `/admin/pairings` and `/admin/admitted-groups`: access requests, and groups with access. */
@Module({
  imports: [AccessModule, LanesModule, AdminAccessModule],
  controllers: [AdmittedGroupsController, PairingsController],
  providers: [PairingsAdminService, PairingListingRepository],
})
export class AdminPairingsModule {}

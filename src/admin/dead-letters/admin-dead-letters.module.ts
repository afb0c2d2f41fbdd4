import { Module } from '@nestjs/common';
import { DeadLettersModule } from '../../dead-letters/dead-letters.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { DeadLettersAdminService } from './dead-letters-admin.service.js';
import { DeadLetterListingRepository } from './dead-letter-listing.repository.js';
import { DeadLettersController } from './dead-letters.controller.js';

/** `/admin/dead-letters`: work that failed for good. */
@Module({
  imports: [DeadLettersModule, AdminAccessModule],
  controllers: [DeadLettersController],
  providers: [DeadLettersAdminService, DeadLetterListingRepository],
})
export class AdminDeadLettersModule {}

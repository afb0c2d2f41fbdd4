import { Module } from '@nestjs/common';
import { AccessModule } from '../../access/access.module.js';
import { MemoryModule } from '../../memory/memory.module.js';
import { AdminAccessModule } from '../access/admin-access.module.js';
import { PeopleController } from './people.controller.js';
import { PeopleService } from './people.service.js';
import { PersonListingRepository } from './person-listing.repository.js';

/** `/admin/people`: people who have written, with their roles and tool rules. */
@Module({
  imports: [AccessModule, MemoryModule, AdminAccessModule],
  controllers: [PeopleController],
  providers: [PeopleService, PersonListingRepository],
})
export class AdminPeopleModule {}

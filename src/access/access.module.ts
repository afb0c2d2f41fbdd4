import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { AccessPolicy } from './access-policy.js';
import { PairingQuestions } from './pairing-questions.js';
import { PairingRepository } from './pairing.repository.js';
import { PairingsService } from './pairings.service.js';
import { PeopleAccess } from './people-access.js';
import { AccessGrantRepository } from './access-grant.repository.js';

/** Decides who may talk to the agent: settings, grants and pairing. */
@Module({
  imports: [MemoryModule, DeliveryModule],
  providers: [
    AccessPolicy,
    PairingQuestions,
    PairingRepository,
    PairingsService,
    PeopleAccess,
    AccessGrantRepository,
  ],
  exports: [AccessPolicy, PairingQuestions, PairingRepository, PairingsService, PeopleAccess],
})
export class AccessModule {}

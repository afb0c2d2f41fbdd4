import { Module } from '@nestjs/common';
import { DeliveryModule } from '../delivery/delivery.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { Doorkeeper } from './doorkeeper.js';
import { PairingQuestions } from './pairing-questions.js';
import { PairingRepository } from './pairing.repository.js';
import { Pairings } from './pairings.service.js';
import { PeopleAccess } from './people-access.js';
import { StandingRepository } from './standing.repository.js';

/** Who may talk to the agent, and who decides about it. */
@Module({
  imports: [MemoryModule, DeliveryModule],
  providers: [Doorkeeper, PairingQuestions, PairingRepository, Pairings, PeopleAccess, StandingRepository],
  exports: [Doorkeeper, PairingQuestions, PairingRepository, Pairings, PeopleAccess],
})
export class AccessModule {}

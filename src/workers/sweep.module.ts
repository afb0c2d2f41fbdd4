import { Module } from '@nestjs/common';
import { AgentModule } from '../agent/agent.module.js';
import { MemoryModule } from '../memory/memory.module.js';
import { UnconfirmedEvents } from '../memory/unconfirmed-events.js';
import { LanesModule } from '../queue/lanes.module.js';
import { BacklogNotices } from './backlog-notices.js';
import { BacklogRepository } from './backlog.repository.js';
import { SweepMisses } from './sweep-misses.js';
import { SweepRepository } from './sweep.repository.js';
import { SweepService } from './sweep.service.js';

/** The workers' own parts of the sweep: unwoken work, events without a conversation, chats that wait long. */
@Module({
  imports: [LanesModule, AgentModule, MemoryModule],
  providers: [
    BacklogNotices,
    BacklogRepository,
    SweepService,
    SweepMisses,
    SweepRepository,
    UnconfirmedEvents,
  ],
  exports: [BacklogNotices, SweepService, SweepMisses, UnconfirmedEvents],
})
export class SweepModule {}

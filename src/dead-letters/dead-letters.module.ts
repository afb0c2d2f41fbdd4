import { Module } from '@nestjs/common';
import { LanesModule } from '../queue/lanes.module.js';
import { DeadLettersService } from './dead-letters.service.js';

/** Work that failed for good: an operator replays or discards it. */
@Module({
  imports: [LanesModule],
  providers: [DeadLettersService],
  exports: [DeadLettersService],
})
export class DeadLettersModule {}

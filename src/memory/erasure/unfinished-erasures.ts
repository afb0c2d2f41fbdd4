import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../../platform/errors/errors.js';
import { eachAlone } from '../../platform/runtime/each-alone.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { ConversationErasureRepository } from './conversation-erasure.repository.js';
import { ConversationErasureService } from './conversation-erasure.service.js';

/** The most in one pass; the next pass continues. */
const AT_ONCE = 10;

/** The part of the sweep that continues erasures whose process has died, or lost the database. */
@Injectable()
export class UnfinishedErasures implements OnModuleInit {
  private readonly logger = new Logger(UnfinishedErasures.name);

  constructor(
    private readonly erasures: ConversationErasureRepository,
    private readonly erasure: ConversationErasureService,
    private readonly sweep: SweepAdditions,
  ) {}

  onModuleInit(): void {
    this.sweep.add('erasures', () => this.run());
  }

  /** One pass. An erasure that fails does not keep the others from it. */
  async run(): Promise<void> {
    await this.erasures.forgetMarks();
    await eachAlone(
      await this.erasures.unfinished(AT_ONCE),
      (id) => this.erasure.resume(id),
      (id, error) =>
        this.logger.error({ msg: 'erasure not finished', conversationId: id, error: messageOf(error) }),
    );
  }
}

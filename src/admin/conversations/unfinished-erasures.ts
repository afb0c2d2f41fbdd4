import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import { messageOf } from '../../errors/errors.js';
import { eachAlone } from '../../runtime/each-alone.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { ConversationEraser } from './conversation-eraser.repository.js';
import { Erasure } from './erasure.service.js';

/** In one pass; the next goes on. */
const AT_ONCE = 10;

/** The part of the sweep that goes on with erasures whose process has died, or lost the database. */
@Injectable()
export class UnfinishedErasures implements OnModuleInit {
  private readonly logger = new Logger(UnfinishedErasures.name);

  constructor(
    private readonly eraser: ConversationEraser,
    private readonly erasure: Erasure,
    private readonly sweep: SweepAdditions,
  ) {}

  onModuleInit(): void {
    this.sweep.add('erasures', () => this.run());
  }

  /** One pass. One that cannot be finished keeps no other one from it. */
  async run(): Promise<void> {
    await this.eraser.forgetMarks();
    await eachAlone(
      await this.eraser.unfinished(AT_ONCE),
      (id) => this.erasure.resume(id),
      (id, error) =>
        this.logger.error({ msg: 'erasure not finished', conversationId: id, error: messageOf(error) }),
    );
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { LOCK_TIMEOUT_MS } from '../../database/short-transaction.js';
import { messageOf } from '../../errors/errors.js';
import { LaneEraser } from '../../queue/lane-eraser.js';
import { ChatLimiter } from '../../throttling/chat-limiter.js';
import { ConversationEraser, type Erased } from './conversation-eraser.repository.js';

/**
 * Erases a conversation everywhere: in PostgreSQL, in the lanes and in the windows of the limits. The first is the truth;
 * the others name the conversation or its chat and nothing that was said, so they follow as well as they can. What cannot
 * be reached ends by itself: a job finds its conversation gone, a window outlives its period by a minute at most.
 */
@Injectable()
export class Erasure {
  private readonly logger = new Logger(Erasure.name);

  constructor(
    private readonly eraser: ConversationEraser,
    private readonly lanes: LaneEraser,
    private readonly limiter: ChatLimiter,
  ) {}

  /** Resolves when nothing is left of it. @returns false where there is no such conversation */
  async erase(id: string): Promise<boolean> {
    const erased = await this.eraser.erase(id);
    if (!erased) return false;
    await this.forgetBeside(id, erased);
    return true;
  }

  /** Goes on with one that was left half erased. It comes round again, and waits for nobody for long. */
  async resume(id: string): Promise<void> {
    const erased = await this.eraser.finish(id, LOCK_TIMEOUT_MS);
    if (erased) await this.forgetBeside(id, erased);
  }

  private async forgetBeside(id: string, { chat, lastOfChat }: Erased): Promise<void> {
    // A chat's windows are shared by its topics.
    const windows = lastOfChat ? this.limiter.forget(chat) : Promise.resolve();
    const outcomes = await Promise.allSettled([this.lanes.forget(id), windows]);
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected')
        this.logger.warn({
          msg: 'erased, but not in the queue',
          conversationId: id,
          error: messageOf(outcome.reason),
        });
    }
    this.logger.log({ msg: 'conversation erased', conversationId: id });
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { LOCK_TIMEOUT_MS } from '../../platform/database/short-transaction.js';
import { messageOf } from '../../platform/errors/errors.js';
import { LaneEraser } from '../../queue/lane-eraser.js';
import { ChatLimiter } from '../../platform/throttling/chat-limiter.js';
import { ConversationErasureRepository, type Erased } from './conversation-erasure.repository.js';

/**
 * Erases a conversation everywhere: in PostgreSQL, in the lanes and in the windows of the limits. PostgreSQL is the
 * truth. The others hold only ids of the conversation or its chat, and follow as well as they can. What cannot be
 * reached ends by itself: a job finds its conversation gone, a window outlives its period by a minute at most.
 */
@Injectable()
export class ConversationErasureService {
  private readonly logger = new Logger(ConversationErasureService.name);

  constructor(
    private readonly erasures: ConversationErasureRepository,
    private readonly lanes: LaneEraser,
    private readonly limiter: ChatLimiter,
  ) {}

  /** Resolves when nothing is left of it. @returns false if there is no such conversation */
  async erase(id: string): Promise<boolean> {
    const erased = await this.erasures.erase(id);
    if (!erased) return false;
    await this.forgetBeside(id, erased);
    return true;
  }

  /** Continues an interrupted erasure. The next sweep tries again, so it does not wait long for locks. */
  async resume(id: string): Promise<void> {
    const erased = await this.erasures.finish(id, LOCK_TIMEOUT_MS);
    if (erased) await this.forgetBeside(id, erased);
  }

  private async forgetBeside(id: string, { chat, lastOfChat }: Erased): Promise<void> {
    // A chat's topics share its windows.
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

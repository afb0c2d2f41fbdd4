import { Injectable, Logger } from '@nestjs/common';
import type { Lease } from '../queue/lease/lease.repository.js';
import { ChatMigrationService } from '../memory/chat-migration/chat-migration.service.js';
import type { Doubt, ShownMessage } from './late-edit.js';
import { LateEditRepository } from './late-edit.repository.js';
import type { OpenReply } from './reply.repository.js';
import type { SendDecision } from './send-decision.js';

/** A settled reply whose text is sent once more. */
export interface Confirmation {
  readonly reply: OpenReply;
  readonly message: ShownMessage;
  readonly doubt: Doubt;
}

/**
 * Records the outcome of a confirmation, which sends the text of a settled reply once more. The reply's own record does
 * not change: its text had already arrived. Confirmations end with the first success after the time at which a late
 * edit can still arrive, when the message is gone or refused, or after a day without a success.
 */
@Injectable()
export class Confirmations {
  private readonly logger = new Logger('Deliverer');

  constructor(
    private readonly lateEdits: LateEditRepository,
    private readonly chatMigration: ChatMigrationService,
  ) {}

  /** Safe to repeat. @throws LeaseLostError */
  async write(lease: Lease, { reply, message, doubt }: Confirmation, decision: SendDecision): Promise<void> {
    const about = { conversationId: reply.conversationId, replyId: String(reply.id) };
    switch (decision.kind) {
      case 'sent':
        await this.lateEdits.confirmed(lease, message, doubt);
        this.logger.log({ msg: 'text put in once more', ...about });
        return;
      case 'again':
      case 'once-more':
        await this.lateEdits.putOff(lease, message, decision.delayMs);
        this.logger.warn({ msg: 'text not put in once more yet', ...about, error: decision.error });
        return;
      case 'moved': {
        await this.lateEdits.end(lease, message, doubt);
        const { channel, chatId } = reply.destination;
        await this.chatMigration.migrate(channel, { fromChatId: chatId, toChatId: decision.toChatId });
        return;
      }
      case 'anew':
      case 'give-up':
        await this.lateEdits.end(lease, message, doubt);
        this.logger.warn({ msg: 'text not put in once more', ...about, error: decision.error });
    }
  }
}

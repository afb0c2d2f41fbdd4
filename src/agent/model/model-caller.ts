import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Sender } from '../../channel/inbound.js';
import { ModelSettings } from '../../config/model.settings.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { DeploymentSecrets } from './deployment-secrets.repository.js';

/** For whom a model is asked. */
export interface ModelCaller {
  /** The conversation's own model, or its bot's, as `OPENAI_MODEL` is written; null: `OPENAI_MODEL`. */
  readonly model: string | null;
  /** The user to whom the answer goes, as 64 hexadecimal digits from which nobody learns who it is. */
  readonly endUser: string;
  /** The same for the conversation: its requests begin alike, so that one machine's prompt cache may serve them. */
  readonly cacheKey: string;
}

/** Says for whom a turn asks. Providers get HMAC-SHA-256 under a secret of this installation, never an id itself. */
@Injectable()
export class ModelCallers {
  private salt: string | null = null;

  constructor(
    private readonly secrets: DeploymentSecrets,
    private readonly settings: ModelSettings,
  ) {}

  /** As `ModelCaller.model`. */
  modelOf(conversation: Conversation): string | null {
    return this.settings.ownModelOf(conversation);
  }

  /** @param sender null where it is not known: then the chat stands for its user */
  async of(conversation: Conversation, sender: Sender | null): Promise<ModelCaller> {
    this.salt ??= await this.secrets.get('end-user-salt');
    const { id, channel, chatId } = conversation;
    const model = this.modelOf(conversation);
    const user = sender ? `user ${channel} ${sender.userId}` : `chat ${channel} ${chatId}`;
    return { model, endUser: keyed(this.salt, user), cacheKey: keyed(this.salt, `conversation ${id}`) };
  }
}

function keyed(salt: string, text: string): string {
  return createHmac('sha256', salt).update(text).digest('hex');
}

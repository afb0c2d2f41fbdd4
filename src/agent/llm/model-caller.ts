import { createHmac } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Sender } from '../../channel/inbound.js';
import { ModelSettings } from './model.settings.js';
import type { Conversation } from '../../generated/prisma/client.js';
import { DeploymentSecretsRepository } from './deployment-secrets.repository.js';

/** The parties of a model call. */
export interface ModelCaller {
  /** The model of the conversation or its bot, in the form of `OPENAI_MODEL`; null: `OPENAI_MODEL`. */
  readonly model: string | null;
  /** The user who gets the answer, as 64 hexadecimal digits that do not identify them. */
  readonly endUser: string;
  /** The same for the conversation: its requests begin alike, so that one machine's prompt cache may serve them. */
  readonly cacheKey: string;
}

/**
 * Names the parties of a turn's model calls. Providers get HMAC-SHA-256 under a secret of this installation, never an
 * id itself.
 */
@Injectable()
export class ModelCallers {
  private salt: string | null = null;

  constructor(
    private readonly secrets: DeploymentSecretsRepository,
    private readonly settings: ModelSettings,
  ) {}

  /** As `ModelCaller.model`. */
  modelOf(conversation: Conversation): string | null {
    return this.settings.ownModelOf(conversation);
  }

  /** @param sender null if unknown: then the chat stands for its user */
  async createCaller(conversation: Conversation, sender: Sender | null): Promise<ModelCaller> {
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

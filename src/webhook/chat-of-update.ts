import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Channel } from '../channel/channel.js';
import { isWritten } from '../channel/inbound.js';
import { ChatOfRequest } from '../platform/throttling/chat-of-request.js';
import { channelOf } from './channel-of-request.js';
import { readRequestBody } from './received-update.js';

/**
 * Gives the chat throttler an update's chat. A body that is no update is not limited but refused later. Messages that
 * people of a group say to each other are not limited.
 */
@Injectable()
export class ChatOfUpdate extends ChatOfRequest {
  constructor(private readonly channel: Channel) {
    super();
  }

  chatOf(request: FastifyRequest): string | null {
    try {
      const inbound = this.channel.read(channelOf(request), readRequestBody(request.body).payload);
      if (!inbound || (isWritten(inbound) && inbound.isGroupContext)) return null;
      return `${inbound.channel}:${inbound.chat.chatId}`;
    } catch {
      return null;
    }
  }
}

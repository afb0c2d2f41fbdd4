import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Channel } from '../channel/channel.js';
import { ChatOfRequest } from '../throttling/chat-of-request.js';
import { channelOf } from './channel-of-request.js';
import { readUpdate } from './received-update.js';

/** Tells the chat throttler whom an update is about; what is no update is not limited but refused later, and
 * what people say to each other is nobody's burden. */
@Injectable()
export class ChatOfUpdate extends ChatOfRequest {
  constructor(private readonly channel: Channel) {
    super();
  }

  chatOf(request: FastifyRequest): string | null {
    try {
      const inbound = this.channel.read(channelOf(request), readUpdate(request.body).payload);
      return inbound && !inbound.isOverheard ? `${inbound.channel}:${inbound.chat.chatId}` : null;
    } catch {
      return null;
    }
  }
}

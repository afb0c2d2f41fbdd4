import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Channel } from '../channel/channel.js';
import { ChatOfRequest } from '../throttling/chat-of-request.js';
import { readUpdate } from './received-update.js';

/** Tells the chat throttler whom an update is about; what is no update is not limited but refused later. */
@Injectable()
export class ChatOfUpdate extends ChatOfRequest {
  constructor(private readonly channel: Channel) {
    super();
  }

  chatOf(request: FastifyRequest): string | null {
    try {
      const inbound = this.channel.read(readUpdate(request.body).payload);
      return inbound && `${this.channel.name}:${inbound.chat.chatId}`;
    } catch {
      return null;
    }
  }
}

import { Injectable, type MessageEvent, type OnModuleDestroy } from '@nestjs/common';
import { Observable, Subject, takeUntil } from 'rxjs';
import type { ChatEvent } from './bot-api/chat-log.js';
import { BotApiSimulator } from './bot-api-simulator.js';

/**
 * Streams chats as server-sent events. The streams end when the application does, so that an open page does not delay
 * it.
 */
@Injectable()
export class ChatStreams implements OnModuleDestroy {
  private readonly ended = new Subject<void>();

  constructor(private readonly simulator: BotApiSimulator) {}

  /** The changes in one chat, from now on; the event's type is its `kind`. */
  openStream(chatId: number): Observable<MessageEvent> {
    return new Observable<MessageEvent>((subscriber) => {
      const listener = (event: ChatEvent) => {
        if (event.chatId === chatId) subscriber.next({ type: event.kind, data: event });
      };
      subscriber.next({ type: 'ready', data: { chatId } });
      this.simulator.events.on('chat', listener);
      return () => this.simulator.events.off('chat', listener);
    }).pipe(takeUntil(this.ended));
  }

  onModuleDestroy(): void {
    this.ended.next();
    this.ended.complete();
  }
}

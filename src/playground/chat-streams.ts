import { Injectable, type MessageEvent, type OnModuleDestroy } from '@nestjs/common';
import { Observable, Subject, takeUntil } from 'rxjs';
import type { ChatEvent } from './bot-api/chat-log.js';
import { BotApiSimulator } from './bot-api-simulator.js';

/** Chats as server-sent events. They end when the application does, so that no open page holds it up. */
@Injectable()
export class ChatStreams implements OnModuleDestroy {
  private readonly ended = new Subject<void>();

  constructor(private readonly simulator: BotApiSimulator) {}

  /** What changes in one chat, from now on; the event's type is its `kind`. */
  of(chatId: number): Observable<MessageEvent> {
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

import { Injectable } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import type { Destination } from '../../channel/channel.js';

/** Telegram shows "typing" for five seconds at most (Bot API, sendChatAction). */
const REPEAT_MS = 4_000;

/** Shows that the bot is at work while a turn runs. */
@Injectable()
export class BusyIndicator {
  constructor(private readonly channel: Channel) {}

  /** Begins at once. @returns what ends it; an aborted signal ends it too */
  show(destination: Destination, signal: AbortSignal): () => void {
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const show = () => void this.channel.showBusy(destination, either).catch(() => undefined);
    const timer = setInterval(show, REPEAT_MS);
    either.addEventListener('abort', () => clearInterval(timer), { once: true });
    show();
    return () => ended.abort();
  }
}

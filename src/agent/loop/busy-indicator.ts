import { Injectable } from '@nestjs/common';
import { Channel, type Destination } from '../../channel/channel.js';
import { WORK_ENDED } from '../../platform/runtime/pause.js';

/** The part of its visible time after which it is shown again: a slow call still comes in time. */
const REPEAT_AFTER = 0.8;

/** Shows that the bot is at work while a turn runs, on a channel that can. */
@Injectable()
export class BusyIndicator {
  constructor(private readonly channel: Channel) {}

  /** Begins at once. @returns a function that ends it; an aborted signal ends it too */
  show(destination: Destination, signal: AbortSignal): () => void {
    const { typing } = this.channel;
    if (!typing) return () => {};
    const ended = new AbortController();
    const either = AbortSignal.any([signal, ended.signal]);
    const show = () => void typing.show(destination, either).catch(() => undefined);
    const timer = setInterval(show, typing.lastsMs * REPEAT_AFTER);
    either.addEventListener('abort', () => clearInterval(timer), { once: true });
    show();
    return () => ended.abort(WORK_ENDED);
  }
}

import { Logger } from '@nestjs/common';
import type { Channel, ReplyBody } from '../../channel/channel.js';
import { messageOf } from '../../errors/errors.js';
import { beginningOf } from './beginning.js';
import type { Screen } from './screen.js';

/** Shows what a running turn has so far. */
export interface Live {
  /** The answer as far as it is written, in Markdown. Costs nothing, however often it is called. */
  write(text: string): void;
  /** What the agent is doing just now, below what is written. */
  note(text: string): void;
  /** Shows nothing more. Resolves when no call is under way, so that what follows comes last. Never rejects. */
  end(): Promise<void>;
}

/** Where nothing is shown before the answer is whole. */
export const silent: Live = { write: () => {}, note: () => {}, end: () => Promise.resolve() };

/** An answer that is whole within this time is sent at once and never seen unfinished. */
const FIRST_AFTER_MS = 800;

/** Of the time that it lasts: a slow call, and a pause that the channel asks for, still come in time. */
const REFRESH_AFTER = 0.6;

/**
 * Shows a turn's answer on a screen, no oftener than every `everyMs`, and again before it is gone from there. Best effort:
 * whatever goes wrong, the reply will tell all.
 */
export class LiveReply implements Live {
  private readonly logger = new Logger(LiveReply.name);
  private written = '';
  private noted = '';
  private shown: ReplyBody | null = null;
  private timer: NodeJS.Timeout | null = null;
  private refresh: NodeJS.Timeout | undefined;
  private underWay: Promise<void> | null = null;
  private notBefore = performance.now() + FIRST_AFTER_MS;
  private ended = false;

  /** @param turnId for the log */
  constructor(
    private readonly channel: Channel,
    private readonly screen: Screen,
    private readonly turnId: string,
    private readonly everyMs: number,
  ) {}

  write(text: string): void {
    this.written = text;
    this.noted = '';
    this.schedule();
  }

  note(text: string): void {
    this.noted = text;
    this.schedule();
  }

  async end(): Promise<void> {
    this.ended = true;
    if (this.timer) clearTimeout(this.timer);
    clearTimeout(this.refresh);
    await this.underWay;
    await this.screen.end();
  }

  private schedule(): void {
    if (this.ended || this.timer || this.underWay) return;
    const delayMs = Math.max(0, this.notBefore - performance.now());
    this.timer = setTimeout(() => this.begin(), delayMs).unref();
  }

  private begin(): void {
    this.timer = null;
    const text = [this.written, this.noted].filter((part) => part.trim() !== '').join('\n\n');
    if (text === '') return;
    const body = beginningOf(text, this.noted === '' ? this.screen.cursor : '', this.channel);
    if (!body || JSON.stringify(body) === JSON.stringify(this.shown)) return;
    this.notBefore = performance.now() + this.everyMs;
    this.underWay = this.show(text, body)
      .catch((error: unknown) => this.giveUp(messageOf(error)))
      .finally(() => {
        this.underWay = null;
        this.schedule();
      });
  }

  private async show(text: string, body: ReplyBody): Promise<void> {
    const shown = await this.screen.show(text, body);
    switch (shown.kind) {
      case 'shown':
        this.shown = body;
        return this.refreshLater();
      case 'not-yet':
        return;
      case 'limited':
        this.notBefore = performance.now() + shown.retryAfterMs;
        return;
      case 'over':
        return this.giveUp(shown.error);
    }
  }

  /** What goes by itself is shown again in time, for as long as nothing else is to be shown. */
  private refreshLater(): void {
    clearTimeout(this.refresh);
    const { lastsMs } = this.screen;
    if (lastsMs === null || this.ended) return;
    this.refresh = setTimeout(() => {
      this.shown = null;
      this.schedule();
    }, lastsMs * REFRESH_AFTER).unref();
  }

  private giveUp(error: string): void {
    this.ended = true;
    this.logger.warn({ msg: 'answer not shown while it is written', turnId: this.turnId, error });
  }
}

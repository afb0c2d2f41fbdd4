import { Logger } from '@nestjs/common';
import type { Channel, ReplyBody } from '../../channel/channel.js';
import { messageOf } from '../../platform/errors/errors.js';
import { cut } from '../tools/tool-output.js';
import type { PreviewTarget } from './preview-target.js';

/** Shows a running turn's answer while it is written. */
export interface StreamedReply {
  /** No call is under way, so `end` does not wait. */
  readonly isIdle: boolean;
  /** The answer so far, in Markdown. Costs nothing, however often it is called. */
  write(text: string): void;
  /** The agent's present status, below the text so far. */
  note(text: string): void;
  /** Stops. Resolves when no call is under way, so that a later message comes last. Never rejects. */
  end(): Promise<void>;
}

/** For turns that show nothing before the answer is complete. */
export const silentReply: StreamedReply = {
  isIdle: true,
  write: () => {},
  note: () => {},
  end: () => Promise.resolve(),
};

/** An answer that is complete within this time is sent at once and never streamed. */
const FIRST_AFTER_MS = 800;

/** Subtracted from the preview's lifetime: a slow call, and a pause that the channel asks for, still come in time. */
const REFRESH_AFTER = 0.6;

/**
 * Shows a turn's answer on its target, at most once every `everyMs`, and again before it disappears there. Best effort:
 * whatever fails, the reply has the whole text.
 */
export class StreamedReplyWriter implements StreamedReply {
  private readonly logger = new Logger(StreamedReplyWriter.name);
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
    private readonly previewTarget: PreviewTarget,
    private readonly turnId: string,
    private readonly everyMs: number,
  ) {}

  get isIdle(): boolean {
    return this.underWay === null;
  }

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
    await this.previewTarget.end();
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
    const body = beginningOf(text, this.noted === '' ? this.previewTarget.cursor : '', this.channel);
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
    const shown = await this.previewTarget.show(text, body);
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

  /** Shows a disappearing text again in time, while there is no newer one. */
  private refreshLater(): void {
    clearTimeout(this.refresh);
    const { lastsMs } = this.previewTarget;
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

/** UTF-16 units of Markdown that are read: more than one message holds, even if half of it is link addresses. */
const LOOKED_AT_CHARS = 12_000;

/**
 * The beginning of a text, as much as one message holds, and a cursor; its cost does not grow with the text. Undefined
 * if the channel composes no message from it. Pure.
 */
export function beginningOf(
  text: string,
  cursor: string,
  channel: Pick<Channel, 'compose'>,
): ReplyBody | undefined {
  for (let length = Math.min(text.length, LOOKED_AT_CHARS); length > 0; length = Math.floor(length * 0.7)) {
    const parts = channel.compose(`${cut(text, length)}${cursor}`);
    if (parts.length === 1) return parts[0];
  }
  return undefined;
}

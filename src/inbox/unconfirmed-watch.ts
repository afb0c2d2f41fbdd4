import { Logger } from '@nestjs/common';
import { setTimeout as pause } from 'node:timers/promises';
import { messageOf } from '../platform/errors/errors.js';
import type { Confirmed, Review, UnconfirmedEvents } from '../memory/unconfirmed-events.js';

/** Most locks are gone after milliseconds. */
const FIRST_PAUSE_MS = 10;
const LONGEST_PAUSE_MS = 200;
/** The limit before an event is stored that may not overtake them. */
const MAX_LOOKS = 5;
/** Past it the sweep takes over. */
const PATIENCE_MS = 10_000;

/** Checks the events that this process stored without a lock, again and again until none is left. */
export class UnconfirmedWatch {
  private readonly logger = new Logger(UnconfirmedWatch.name);
  private readonly stopping = new AbortController();
  private until = 0;
  /** Requested since the last check began. */
  private asked = false;
  private watching: Promise<void> | null = null;

  /** @param found receives each event that is in a conversation */
  constructor(
    private readonly events: Pick<UnconfirmedEvents, 'run'>,
    private readonly found: (confirmed: Confirmed) => void,
  ) {}

  /** Off the webhook's path: no request waits for it. */
  begin(): void {
    this.asked = true;
    this.until = performance.now() + PATIENCE_MS;
    this.watching ??= this.watch();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.watching;
  }

  /**
   * Checks until each event whose conversation is gone has a new place, before a later event may overtake it. An event
   * that another process handles gets its place within milliseconds.
   */
  async findPlaces(): Promise<void> {
    for (let looks = 0; looks < MAX_LOOKS; looks += 1) {
      if ((await this.look()).adrift === 0) return;
      await pause(FIRST_PAUSE_MS);
    }
  }

  private async look(): Promise<Review> {
    const review = await this.events.run();
    for (const one of review.confirmed) this.found(one);
    return review;
  }

  private async watch(): Promise<void> {
    const { signal } = this.stopping;
    try {
      for (let pauseMs = FIRST_PAUSE_MS; !signal.aborted; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
        this.asked = false;
        const { locked, adrift } = await this.look();
        if ((locked + adrift === 0 && !this.asked) || performance.now() > this.until) return;
        await pause(pauseMs, undefined, { signal, ref: false });
      }
    } catch (error) {
      if (!signal.aborted)
        this.logger.warn({ msg: 'unconfirmed events left to the sweep', error: messageOf(error) });
    } finally {
      this.watching = null;
    }
  }
}

import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { BusySettings } from '../../turns/busy.settings.js';
import { LeaseLostError, messageOf } from '../../../platform/errors/errors.js';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import type { Interrupt } from './interruptions.service.js';
import { type News, type TurnSight, TurnWatchRepository } from './turn-watch.repository.js';

/** A /stop has to take effect within a second, whichever process handles it. */
const LOOK_EVERY_MS = 250;

/** Newer messages have interrupted the turn: its successor has its messages, and its runner has lost the lease. */
export class TurnInterruptedError extends LeaseLostError {
  constructor(
    turnId: string,
    /** There are replies to send: the shown part of the answer. */
    readonly replied: boolean,
  ) {
    super(`turn ${turnId}, interrupted by newer messages`);
  }
}

/** One run of a turn, under watch. */
export interface Watch {
  /**
   * Aborts with a `LeaseLostError` when the lease was taken away (a /stop, an erasure), and with a `TurnInterruptedError`
   * when newer messages have interrupted the turn.
   */
  readonly signal: AbortSignal;
  /** Ends the watch, and waits for a decision under way. */
  end(): Promise<void>;
}

interface Watched {
  readonly lease: Lease;
  readonly turnId: string;
  readonly interrupt: Interrupt;
  readonly disturbed: AbortController;
  /** The decision under way. */
  deciding: Promise<void> | null;
  /** The newest event of the news that does not interrupt. */
  passed: bigint;
  /** The earliest time of the next decision, by the monotonic clock. */
  notBefore: number;
}

/** Notices what other processes and users do to the turns that run here. Queries only while one runs. */
@Injectable()
export class TurnWatch implements OnModuleDestroy {
  private readonly logger = new Logger(TurnWatch.name);
  private readonly watched = new Map<string, Watched>();
  private timer: NodeJS.Timeout | null = null;
  private failing = false;

  constructor(
    private readonly repository: TurnWatchRepository,
    private readonly settings: BusySettings,
  ) {}

  /** Watches a turn that runs under this lease. @param interrupt decides about new messages */
  begin(lease: Lease, turnId: string, interrupt: Interrupt): Watch {
    const disturbed = new AbortController();
    const watched: Watched = {
      lease,
      turnId,
      interrupt,
      disturbed,
      deciding: null,
      passed: 0n,
      notBefore: 0,
    };
    this.watched.set(lease.conversationId, watched);
    this.schedule();
    const end = async (): Promise<void> => {
      if (this.watched.get(lease.conversationId) === watched) this.watched.delete(lease.conversationId);
      await watched.deciding;
    };
    return { signal: disturbed.signal, end };
  }

  onModuleDestroy(): void {
    if (this.timer) clearTimeout(this.timer);
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => void this.look(), LOOK_EVERY_MS).unref();
  }

  private async look(): Promise<void> {
    const all = [...this.watched.values()];
    try {
      const sights = await this.repository.look(all.map(({ lease }) => lease.conversationId));
      const sightOf = new Map(sights.map((sight) => [sight.conversationId, sight]));
      for (const watched of all) this.heed(watched, sightOf.get(watched.lease.conversationId));
      this.failing = false;
    } catch (error) {
      // The watch is blind for a while; the fence in the database still holds.
      if (!this.failing) this.logger.warn({ msg: 'running turns not watched', error: messageOf(error) });
      this.failing = true;
    } finally {
      this.timer = null;
      if (this.watched.size > 0) this.schedule();
    }
  }

  private heed(watched: Watched, sight: TurnSight | undefined): void {
    const { lease, disturbed } = watched;
    // An interruption takes the lease away itself.
    if (watched.deciding !== null) return;
    if (sight?.token !== lease.token) return disturbed.abort(new LeaseLostError(`lane ${lease.lane}`));
    const mode = sight.busyMode ?? this.settings.mode;
    if (mode !== 'interrupt' || sight.news === null || sight.news.until <= watched.passed) return;
    if (this.watched.get(lease.conversationId) !== watched || performance.now() < watched.notBefore) return;
    watched.deciding = this.decide(watched, sight.news).finally(() => (watched.deciding = null));
  }

  /** Disturbs the turn after the decision, not before. */
  private async decide(watched: Watched, news: News): Promise<void> {
    const { turnId, disturbed } = watched;
    try {
      const decided = await watched.interrupt(news);
      switch (decided.kind) {
        case 'interrupted':
          return disturbed.abort(new TurnInterruptedError(turnId, decided.replied));
        case 'none':
          watched.passed = news.until;
          return;
        case 'later':
          watched.notBefore = performance.now() + decided.delayMs;
      }
    } catch (error) {
      // The next look finds the same news.
      this.logger.warn({ msg: 'news not decided about', turnId, error: messageOf(error) });
    }
  }
}

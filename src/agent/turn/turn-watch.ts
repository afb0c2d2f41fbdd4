import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { BusySettings } from '../../config/busy.settings.js';
import { LeaseLostError, messageOf, TurnpikeError } from '../../errors/errors.js';
import type { Lease } from '../../lease/lease.repository.js';
import { type Sight, TurnWatchRepository } from './turn-watch.repository.js';

/** A /stop has to be felt within a second, whichever process took it. */
const LOOK_EVERY_MS = 250;

/** A message came while the turn ran, and its chat's mode is `interrupt`. */
export class TurnInterruptedError extends TurnpikeError {
  constructor() {
    super('TURN_INTERRUPTED', 'a newer message interrupted the turn');
  }
}

interface Watched {
  readonly lease: Lease;
  readonly disturbed: AbortController;
}

/** Notices what other processes, and users, do to the turns that run here. Looks only while one runs. */
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

  /**
   * Watches over a turn that runs under this lease.
   * @returns `signal`, which aborts with a `LeaseLostError` when the lease was taken away (a /stop, an erasure), and with
   * a `TurnInterruptedError`; and `end`, which ends the watch
   */
  begin(lease: Lease): { readonly signal: AbortSignal; readonly end: () => void } {
    const watched = { lease, disturbed: new AbortController() };
    this.watched.set(lease.conversationId, watched);
    this.schedule();
    const end = (): void => {
      if (this.watched.get(lease.conversationId) === watched) this.watched.delete(lease.conversationId);
    };
    return { signal: watched.disturbed.signal, end };
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
      for (const { lease, disturbed } of all) {
        const reason = this.disturbance(lease, sightOf.get(lease.conversationId));
        if (reason) disturbed.abort(reason);
      }
      this.failing = false;
    } catch (error) {
      // Blind for a while: the fence in the database holds all the same.
      if (!this.failing) this.logger.warn({ msg: 'running turns not watched', error: messageOf(error) });
      this.failing = true;
    } finally {
      this.timer = null;
      if (this.watched.size > 0) this.schedule();
    }
  }

  private disturbance({ token, lane }: Lease, sight: Sight | undefined): TurnpikeError | null {
    if (sight?.token !== token) return new LeaseLostError(`lane ${lane}`);
    const mode = sight.busyMode ?? this.settings.mode;
    return mode === 'interrupt' && sight.hasNews ? new TurnInterruptedError() : null;
  }
}

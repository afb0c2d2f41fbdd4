import {
  Injectable,
  Logger,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { messageOf } from '../platform/errors/errors.js';
import { Ids } from '../platform/runtime/ids.js';
import { HeartbeatRepository, SWEEP_HEARTBEAT, WORKER_PREFIX } from '../queue/heartbeat.repository.js';
import { SweepAdditions } from '../queue/sweep-additions.js';
import { withTimeout } from '../queue/with-timeout.js';
import { WorkersHealth } from './workers-health.js';

/** Milliseconds between two beats of a worker. */
const BEAT_EVERY_MS = 10_000;
/** After a failed beat: the lanes may not be ready yet. */
const RETRY_MS = 1_000;
const END_TIMEOUT_MS = 1_000;

/**
 * The heartbeats of a worker: its own, while all its lanes take jobs, and that of the sweep, with each of its passes.
 * `doctor` reads them.
 */
@Injectable()
export class WorkerHeartbeat implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger(WorkerHeartbeat.name);
  private readonly name: string;
  private timer: NodeJS.Timeout | undefined;
  private stopped = false;
  private beating: Promise<void> = Promise.resolve();

  constructor(
    private readonly heartbeats: HeartbeatRepository,
    private readonly workers: WorkersHealth,
    private readonly additions: SweepAdditions,
    ids: Ids,
  ) {
    this.name = `${WORKER_PREFIX}${ids.next()}`;
  }

  onModuleInit(): void {
    this.additions.add('heartbeat', () => this.heartbeats.beat(SWEEP_HEARTBEAT));
  }

  onApplicationBootstrap(): void {
    this.beat();
  }

  /** A beat may hang with the queue or the database: the end does not wait for it. */
  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    const ended = this.beating.then(() => this.heartbeats.end(this.name));
    await withTimeout(ended, END_TIMEOUT_MS).catch((error: unknown) => this.note(error));
  }

  private beat(): void {
    this.beating = this.beatAndPlan();
  }

  private async beatAndPlan(): Promise<void> {
    const pauseMs = await this.tryToBeat();
    if (!this.stopped) this.timer = setTimeout(() => this.beat(), pauseMs);
  }

  /** @returns the delay until the next beat */
  private async tryToBeat(): Promise<number> {
    try {
      await this.workers.check();
      await this.heartbeats.beat(this.name);
      await this.heartbeats.prune();
      return BEAT_EVERY_MS;
    } catch (error) {
      this.note(error);
      return RETRY_MS;
    }
  }

  /** Health reports it too, and louder. */
  private note(error: unknown): void {
    this.logger.debug({ msg: 'no heartbeat', error: messageOf(error) });
  }
}

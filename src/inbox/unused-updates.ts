import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { textsFor } from '../texts/texts-for.js';
import { Channel } from '../channel/channel.js';
import { Metrics } from '../observability/metrics.js';

/** Kinds that are counted apart; more can only come from somebody who makes them up. */
const MAX_KINDS = 50;
/** How often the counts are logged, where there are new ones. */
const REPORT_MS = 60_000;

/** What the bot has no use for: counted by kind, and answered where somebody waits for an answer. */
@Injectable()
export class UnusedUpdates implements OnModuleDestroy {
  private readonly logger = new Logger(UnusedUpdates.name);
  private readonly counted = new Map<string, number>();
  private readonly stopping = new AbortController();
  private timer: NodeJS.Timeout | null = null;

  private readonly count: (of: { kind: string }) => void;

  constructor(
    private readonly channel: Channel,
    metrics: Metrics,
  ) {
    const help = 'Updates that the bot has no use for, by kind';
    this.count = metrics.openCounter('updates_ignored_total', help, ['kind']);
  }

  /** How many this process has seen of each kind. */
  get counts(): ReadonlyMap<string, number> {
    return this.counted;
  }

  /** Off the door's path: nobody waits for it. */
  take(channel: string, payload: unknown): void {
    const kind = this.channel.kindOf(payload);
    const key = this.counted.has(kind) || this.counted.size < MAX_KINDS ? kind : 'other';
    this.count({ kind: key });
    this.counted.set(key, (this.counted.get(key) ?? 0) + 1);
    this.timer ??= setTimeout(() => this.report(), REPORT_MS).unref();
    void this.channel.decline(
      channel,
      payload,
      (languageCode) => textsFor(languageCode).declined,
      this.stopping.signal,
    );
  }

  onModuleDestroy(): void {
    this.stopping.abort();
    if (this.timer) this.report();
  }

  private report(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    this.logger.log({ msg: 'updates ignored', kinds: Object.fromEntries(this.counted) });
  }
}

import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import { i18nFor } from '../platform/i18n/i18n-for.js';
import { Channel } from '../channel/channel.js';
import { Metrics } from '../platform/observability/metrics.js';

/** Kinds that are counted apart; more can only come from a sender that makes them up. */
const MAX_KINDS = 50;
/** How often the counts are logged, if there are new ones. */
const REPORT_MS = 60_000;

/** Counts updates that the bot has no use for, by kind, and answers those whose sender waits for an answer. */
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

  /** The updates of each kind that this process has seen. */
  get counts(): ReadonlyMap<string, number> {
    return this.counted;
  }

  /** Off the webhook's path: no request waits for it. */
  noteUnused(channel: string, payload: unknown): void {
    const kind = this.channel.unusedPayloads?.kindOf(payload) ?? 'other';
    const key = this.counted.has(kind) || this.counted.size < MAX_KINDS ? kind : 'other';
    this.count({ kind: key });
    this.counted.set(key, (this.counted.get(key) ?? 0) + 1);
    this.timer ??= setTimeout(() => this.report(), REPORT_MS).unref();
    void this.channel.unusedPayloads?.decline(
      channel,
      payload,
      (languageCode) => i18nFor(languageCode).declined,
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

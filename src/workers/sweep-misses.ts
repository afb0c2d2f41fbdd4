import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from '../platform/observability/metrics.js';
import type { Miss } from './sweep-part.js';

/** Milliseconds: a condition that lasts is logged once in this time. */
const LOG_EVERY_MS = 60_000;

/** Counts and logs passes of the sweep that left out one of its parts. */
@Injectable()
export class SweepMisses {
  private readonly logger = new Logger('Sweep');
  private readonly count: (of: { readonly part: string; readonly code: string }) => void;
  private readonly loggedAt = new Map<string, number>();

  constructor(metrics: Metrics) {
    const help = 'Passes of the sweep that went without one of its parts';
    this.count = metrics.openCounter('sweep_parts_missed_total', help, ['part', 'code']);
  }

  report(part: string, code: Miss, error: string | null): void {
    this.count({ part, code });
    const key = `${part} ${code}`;
    const now = performance.now();
    if (now - (this.loggedAt.get(key) ?? -Infinity) < LOG_EVERY_MS) return;
    this.loggedAt.set(key, now);
    this.logger.warn({ msg: 'sweep went without a part', part, code, error });
  }
}

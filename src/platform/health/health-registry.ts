import { Injectable, Logger } from '@nestjs/common';
import { Clock } from '../runtime/clock.js';

export type Health = 'ok' | 'unavailable';

/** The answer of `GET /health/ready`. */
export interface HealthReport {
  readonly status: Health;
  readonly parts: Readonly<Record<string, Health>>;
}

/** How long one check may take, in milliseconds; past it the part counts as unavailable. */
const CHECK_TIMEOUT_MS = 2_000;

/** How long a result is reused, in milliseconds. */
const FRESH_MS = 1_000;

/** One part that must work for this process to be ready. A module makes one and gives it to the `HealthRegistry`. */
export abstract class HealthPart {
  /** The name in the answer: `database`, `queue`, `workers`. */
  abstract readonly name: string;

  /** Parts of one group replace each other: one working part is enough. Unset: the part itself must work. */
  readonly group?: string;

  /** Resolves when the part works, rejects with the reason when it does not. `signal` aborts when time is up. */
  abstract check(signal: AbortSignal): Promise<void>;
}

/**
 * Knows which parts must work for this process to be ready, and checks all of them side by side. Any client may ask,
 * and the database check opens a connection: so one check runs at a time, all concurrent callers share it, and its
 * result is reused for a second.
 */
@Injectable()
export class HealthRegistry {
  private readonly logger = new Logger(HealthRegistry.name);
  private readonly parts = new Map<string, HealthPart>();
  private readonly failing = new Set<string>();
  private underWay: Promise<HealthReport> | null = null;
  private newest: { readonly report: HealthReport; readonly atMs: number } | null = null;

  constructor(private readonly clock: Clock) {}

  /** Adds a part, at start. @throws Error when another part has its name */
  add(part: HealthPart): void {
    if (this.parts.has(part.name)) throw new Error(`two health parts are named "${part.name}"`);
    this.parts.set(part.name, part);
  }

  /** The state now, or a second ago at most. Never rejects, never takes much longer than one check's time. */
  async check(timeoutMs: number = CHECK_TIMEOUT_MS): Promise<HealthReport> {
    if (this.newest && this.clock.monotonicMs() - this.newest.atMs < FRESH_MS) return this.newest.report;
    this.underWay ??= this.checkNow(timeoutMs);
    return await this.underWay;
  }

  private async checkNow(timeoutMs: number): Promise<HealthReport> {
    try {
      const report = await this.askParts(timeoutMs);
      this.newest = { report, atMs: this.clock.monotonicMs() };
      return report;
    } finally {
      this.underWay = null;
    }
  }

  private async askParts(timeoutMs: number): Promise<HealthReport> {
    const parts = [...this.parts.values()];
    const results = await Promise.all(parts.map((part) => this.checkOne(part, timeoutMs)));
    const groups = new Set(parts.map(({ group, name }) => group ?? name));
    const working = new Set(
      parts.flatMap(({ group, name }, i) => (results[i] === 'ok' ? [group ?? name] : [])),
    );
    const status = working.size === groups.size ? 'ok' : 'unavailable';
    return {
      status,
      parts: Object.fromEntries(parts.map(({ name }, i) => [name, results[i] ?? 'unavailable'])),
    };
  }

  private async checkOne(part: HealthPart, timeoutMs: number): Promise<Health> {
    const time = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const timeUp = new Promise<never>((_resolve, reject) => {
      timer = setTimeout(() => {
        time.abort();
        reject(new Error(`no answer within ${timeoutMs} ms`));
      }, timeoutMs);
    });
    try {
      await Promise.race([part.check(time.signal), timeUp]);
      this.recovered(part.name);
      return 'ok';
    } catch (err) {
      this.failed(part.name, err);
      return 'unavailable';
    } finally {
      clearTimeout(timer);
    }
  }

  /** A probe comes every few seconds: only a change is logged. */
  private failed(part: string, err: unknown): void {
    if (this.failing.has(part)) return;
    this.failing.add(part);
    this.logger.warn({ msg: 'not ready', part, err });
  }

  private recovered(part: string): void {
    if (this.failing.delete(part)) this.logger.log({ msg: 'ready again', part });
  }
}

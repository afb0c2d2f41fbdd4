import { messageOf } from '../errors/errors.js';

/** Milliseconds for which the parts behind one wait for it, as its effects may be of use to them. */
export const HEAD_START_MS = 200;
/** Milliseconds for which a pass waits for a part. The part itself goes on, and further passes go without it. */
export const PART_TIMEOUT_MS = 2_000;
/** Milliseconds after which nobody counts on a part any more, and it is started anew. */
export const ABANDONED_AFTER_MS = 60_000;

/** Why a pass went without a part: it failed, it took too long, or that of an earlier pass has not ended. */
export type Miss = 'SWEEP_PART_FAILED' | 'SWEEP_PART_LATE' | 'SWEEP_PART_STILL_RUNNING';

/** Reports that a pass went without a part. */
export type ReportMiss = (part: string, miss: Miss, error: string | null) => void;

/** Something that a pass runs once; `run` never rejects, and ends in time. */
export interface PartOfPass {
  run(): Promise<void>;
}

/**
 * One part of the sweep. It has to be harmless when it runs in two processes at once, and to bound by itself what it
 * waits for in the database: rows are taken with SKIP LOCKED or in a `shortTransaction`.
 */
export class SweepPart implements PartOfPass {
  private startedAt: number | null = null;

  constructor(
    /** As logs and metrics name it. */
    readonly name: string,
    private readonly work: () => Promise<unknown>,
    private readonly report: ReportMiss,
  ) {}

  /** One run; never rejects. It resolves when the work has ended, or the pass does not wait for it any more. */
  async run(): Promise<void> {
    if (this.startedAt !== null && performance.now() - this.startedAt < ABANDONED_AFTER_MS) {
      this.report(this.name, 'SWEEP_PART_STILL_RUNNING', null);
      return;
    }
    const startedAt = performance.now();
    this.startedAt = startedAt;
    const ended = this.attempt().finally(() => {
      if (this.startedAt === startedAt) this.startedAt = null;
    });
    if (!(await endsWithin(ended, PART_TIMEOUT_MS))) this.report(this.name, 'SWEEP_PART_LATE', null);
  }

  private async attempt(): Promise<void> {
    try {
      await this.work();
    } catch (error) {
      this.report(this.name, 'SWEEP_PART_FAILED', messageOf(error));
    }
  }
}

/**
 * Runs each part once, in their order, and resolves when all have ended or are not waited for any more. A part that
 * fails, or that takes its time, keeps no other one from its turn.
 */
export async function runParts(parts: readonly PartOfPass[]): Promise<void> {
  const runs: Promise<void>[] = [];
  for (const part of parts) {
    const run = part.run();
    runs.push(run);
    await endsWithin(run, HEAD_START_MS);
  }
  await Promise.all(runs);
}

async function endsWithin(work: Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), timeoutMs);
  });
  try {
    return await Promise.race([work.then(() => true), timeUp]);
  } finally {
    clearTimeout(timer);
  }
}

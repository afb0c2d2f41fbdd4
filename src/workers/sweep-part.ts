import { messageOf } from '../platform/errors/errors.js';

/** Milliseconds for which later parts wait for this one, whose effects they may use. */
export const HEAD_START_MS = 200;
/** Milliseconds for which a pass waits for a part. The part itself goes on, and further passes leave it out. */
export const PART_TIMEOUT_MS = 2_000;
/** Milliseconds after which a part counts as lost and is started anew. */
export const ABANDONED_AFTER_MS = 60_000;

/** Why a pass left out a part: it failed, it took too long, or its run of an earlier pass has not ended. */
export type Miss = 'SWEEP_PART_FAILED' | 'SWEEP_PART_LATE' | 'SWEEP_PART_STILL_RUNNING';

/** Reports that a pass left out a part. */
export type ReportMiss = (part: string, miss: Miss, error: string | null) => void;

/** Work that a pass runs once; `run` never rejects, and ends in time. */
export interface PartOfPass {
  run(): Promise<void>;
}

/**
 * One part of the sweep. It must be harmless in two processes at once, and bound its own waits in the database: rows
 * are locked with SKIP LOCKED or in a `shortTransaction`.
 */
export class SweepPart implements PartOfPass {
  private startedAt: number | null = null;

  constructor(
    /** The name in logs and metrics. */
    readonly name: string,
    private readonly work: () => Promise<unknown>,
    private readonly report: ReportMiss,
  ) {}

  /** One run; never rejects. Resolves when the work has ended, or the pass stops waiting for it. */
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
 * Runs each part once, in order, and resolves when all have ended or the pass stops waiting for them. A part that fails
 * or stalls does not keep the others from running.
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

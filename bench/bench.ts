/** One number that the benchmark is held to. */
export interface Verdict {
  readonly promise: string;
  readonly measured: number;
  readonly holds: boolean;
}

/** What a benchmark found: printed as text, written as JSON. */
export interface BenchReport {
  readonly text: string;
  readonly verdicts: readonly Verdict[];
  /** Everything measured. */
  readonly data: object;
}

/** A benchmark by the name it is called with. */
export interface Bench {
  readonly name: string;
  /** One line. */
  readonly about: string;
  run(): Promise<BenchReport>;
}

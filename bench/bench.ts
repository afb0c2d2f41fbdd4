/** A number with a promised limit. */
export interface Verdict {
  readonly promise: string;
  readonly measured: number;
  readonly holds: boolean;
}

/** The result of a benchmark: printed as text, written as JSON. */
export interface BenchReport {
  readonly text: string;
  readonly verdicts: readonly Verdict[];
  /** All measurements. */
  readonly data: object;
}

/** A benchmark by the name it is called with. */
export interface Bench {
  readonly name: string;
  /** One line. */
  readonly about: string;
  run(): Promise<BenchReport>;
}

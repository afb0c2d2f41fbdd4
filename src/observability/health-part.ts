/** One thing that must work for this process to be ready. A room makes one and gives it to the `HealthRegistry`. */
export abstract class HealthPart {
  /** As shown in the answer: `database`, `queue`, `workers`. */
  abstract readonly name: string;

  /** Parts of one group stand in for each other: it is enough that one of them works. Unset: it must work itself. */
  readonly group?: string;

  /** Resolves when the part works, rejects with the reason when it does not. `signal` aborts when time is up. */
  abstract check(signal: AbortSignal): Promise<void>;
}

/** One part that must work for this process to be ready. A module makes one and gives it to the `HealthRegistry`. */
export abstract class HealthPart {
  /** The name in the answer: `database`, `queue`, `workers`. */
  abstract readonly name: string;

  /** Parts of one group replace each other: one working part is enough. Unset: the part itself must work. */
  readonly group?: string;

  /** Resolves when the part works, rejects with the reason when it does not. `signal` aborts when time is up. */
  abstract check(signal: AbortSignal): Promise<void>;
}

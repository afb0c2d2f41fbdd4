/**
 * How fast the product's own clocks run. `shipped` is the build as it is; `hurried` is a copy of it whose leases, locks
 * and sweeps are some times shorter, so that a round with takeovers in it takes seconds. The code is the same.
 */
export interface Pace {
  readonly name: 'hurried' | 'shipped';
  readonly leaseTtlMs: number;
  readonly turnTimeoutMs: number;
  /** How long a round's faults and messages go on. */
  readonly overMs: number;
  readonly faults: number;
  readonly chats: number;
  readonly messages: number;
  /** When the dust must have settled. */
  readonly settledWithinMs: number;
}

export const hurried: Pace = {
  name: 'hurried',
  leaseTtlMs: 3_000,
  turnTimeoutMs: 9_000,
  overMs: 3_500,
  faults: 11,
  chats: 10,
  messages: 5,
  settledWithinMs: 60_000,
};

/** The build as it is, and little to do: for a machine that has other work. */
export const patient: Pace = {
  name: 'shipped',
  leaseTtlMs: 15_000,
  turnTimeoutMs: 60_000,
  overMs: 12_000,
  faults: 4,
  chats: 6,
  messages: 5,
  settledWithinMs: 300_000,
};

export const shipped: Pace = {
  name: 'shipped',
  leaseTtlMs: 15_000,
  turnTimeoutMs: 25_000,
  overMs: 30_000,
  faults: 25,
  chats: 30,
  messages: 15,
  settledWithinMs: 180_000,
};

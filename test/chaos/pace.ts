/**
 * The speed of the product's own clocks. `shipped` is the build as it is; `hurried` is a copy of it whose leases, locks
 * and sweeps are several times shorter, so that a round with takeovers takes seconds. The code is the same.
 */
export interface Pace {
  readonly name: 'hurried' | 'shipped';
  readonly leaseTtlMs: number;
  readonly turnTimeoutMs: number;
  /** The time of a round's faults and messages. */
  readonly overMs: number;
  readonly faults: number;
  readonly chats: number;
  readonly messages: number;
  /** The time by which everything must have settled. */
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

/** The build as it is, with little traffic: for a machine that has other work. */
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

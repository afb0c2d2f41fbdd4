/**
 * The lanes: BullMQ queues in which a conversation has at most one active and one waiting job. `turns` runs the agent,
 * `commands` answers what needs no model even while a turn runs, `deliveries` sends replies, `summaries` folds old history
 * into a conversation's summary.
 */
export const lanes = ['turns', 'commands', 'deliveries', 'summaries'] as const;
export type LaneName = (typeof lanes)[number];

/** The queue of the sweep, whose jobs belong to no conversation. */
export const SWEEP_QUEUE = 'sweep';

/** The queue in which a source of webhooks has at most one active and one waiting job. */
export const ROUTING_QUEUE = 'routing';

/** A job of the routing queue carries only the source's name: the truth is in PostgreSQL. */
export interface RoutingJob {
  readonly source: string;
}

/** A lane's job carries only its conversation's id: the truth is in PostgreSQL. */
export interface LaneJob {
  readonly conversationId: string;
}

/**
 * How workers hold their jobs. A job of a killed process comes back after at most the sum of both; PostgreSQL's lease,
 * a little longer, decides which holder may commit.
 */
export const workerOptions = {
  lockDuration: 10_000,
  stalledInterval: 5_000,
  // A job that came back from dead workers is no poison: turns and replies count their own tries.
  maxStalledCount: 1_000_000,
  runRetryDelay: 1_000,
} as const;

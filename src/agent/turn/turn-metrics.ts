import { Injectable } from '@nestjs/common';
import { type Count, Metrics } from '../../observability/metrics.js';

const outcomes = [
  'done',
  'cancelled',
  'interrupted',
  'parked',
  'handed_back',
  'put_off',
  'failed',
  'lost',
  'broken',
] as const;

/** Counts the runs of turns by how they ended. */
@Injectable()
export class TurnMetrics {
  readonly ended: Count<(typeof outcomes)[number]>;

  constructor(metrics: Metrics) {
    const help =
      'Runs of turns, by how they ended; lost: stopped by somebody, or taken over; broken: the database did not answer';
    this.ended = metrics.counter('turns_total', help, 'outcome', outcomes);
  }
}

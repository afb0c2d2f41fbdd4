import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RoutingWaker } from '../../queue/routing-waker.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { RoutingRepository } from './routing.repository.js';

/** Wakes the routing of sources whose wake-up was lost: a part of the sweep. */
@Injectable()
export class RoutingSweep implements OnModuleInit {
  constructor(
    private readonly routing: RoutingRepository,
    private readonly waker: RoutingWaker,
    private readonly additions: SweepAdditions,
  ) {}

  onModuleInit(): void {
    this.additions.add('webhooks', () => this.run());
  }

  /** One pass. */
  async run(): Promise<void> {
    for (const source of await this.routing.waitingSources()) this.waker.wake(source);
  }
}

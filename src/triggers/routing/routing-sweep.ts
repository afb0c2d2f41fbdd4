import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RoutingWaker } from '../../queue/routing-waker.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { WindowRepository } from '../coalescing/window.repository.js';
import { RoutingRepository } from './routing.repository.js';

/** Wakes the routing of sources whose wake-up was lost, or that have windows to close: two parts of the sweep. */
@Injectable()
export class RoutingSweep implements OnModuleInit {
  constructor(
    private readonly routing: RoutingRepository,
    private readonly windows: WindowRepository,
    private readonly waker: RoutingWaker,
    private readonly additions: SweepAdditions,
  ) {}

  onModuleInit(): void {
    this.additions.add('webhooks', async () => this.wake(await this.routing.waitingSources()));
    this.additions.add('windows', async () => this.wake(await this.windows.dueSources()));
  }

  private wake(sources: readonly string[]): void {
    for (const source of sources) this.waker.wake(source);
  }
}

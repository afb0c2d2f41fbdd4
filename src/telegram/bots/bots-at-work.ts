import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { HealthRegistry } from '../../observability/health-registry.js';
import { Bots } from './bots.js';

/** What goes on for each bot while the process runs, in the background: it learns its name, and its token is watched. */
@Injectable()
export class BotsAtWork implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  private readonly stopping = new AbortController();
  private work: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly bots: Bots,
    private readonly registry: HealthRegistry,
  ) {}

  onModuleInit(): void {
    for (const { tokenWatch } of this.bots.all) this.registry.add(tokenWatch);
  }

  onApplicationBootstrap(): void {
    const { signal } = this.stopping;
    this.work = Promise.all(
      this.bots.all.flatMap(({ identity, tokenWatch }) => [identity.learn(signal), tokenWatch.watch(signal)]),
    );
  }

  async onModuleDestroy(): Promise<void> {
    this.stopping.abort();
    await this.work;
  }
}

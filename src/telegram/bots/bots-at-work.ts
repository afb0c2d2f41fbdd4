import {
  Injectable,
  type OnApplicationBootstrap,
  type OnModuleDestroy,
  type OnModuleInit,
} from '@nestjs/common';
import { HealthRegistry } from '../../platform/health/health-registry.js';
import { Bots } from './bots.js';

/** Runs each bot's unattended tasks while the process runs: fetching its name and watching its token. */
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

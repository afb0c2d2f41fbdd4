import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HealthRegistry, HealthPart } from '../platform/health/health-registry.js';
import { CommandProcessor } from './command.processor.js';
import { DeliveryProcessor } from './delivery.processor.js';
import { RoutingProcessor } from './routing.processor.js';
import { SweepProcessor } from './sweep.processor.js';
import { SummaryProcessor } from './summary.processor.js';
import { TurnProcessor } from './turn.processor.js';

/** Ready when every lane of this process takes jobs. */
@Injectable()
export class WorkersHealth extends HealthPart implements OnModuleInit {
  readonly name = 'workers';

  constructor(
    private readonly turns: TurnProcessor,
    private readonly commands: CommandProcessor,
    private readonly deliveries: DeliveryProcessor,
    private readonly summaries: SummaryProcessor,
    private readonly routing: RoutingProcessor,
    private readonly sweep: SweepProcessor,
    private readonly registry: HealthRegistry,
  ) {
    super();
  }

  onModuleInit(): void {
    this.registry.add(this);
  }

  async check(): Promise<void> {
    const processors = [this.turns, this.commands, this.deliveries, this.summaries, this.routing, this.sweep];
    const workers = processors.map(({ worker }) => worker);
    const idle = workers.find((worker) => !worker.isRunning() || worker.isPaused());
    if (idle) throw new Error(`the worker of ${idle.name} takes no jobs`);
    await Promise.all(workers.map((worker) => worker.waitUntilReady()));
  }
}

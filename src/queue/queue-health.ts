import { Injectable, type OnModuleInit } from '@nestjs/common';
import { HealthRegistry, HealthPart } from '../platform/health/health-registry.js';
import { QueueBackend } from './queue-backend.js';

/** Ready when the queue's backend answers. */
@Injectable()
export class QueueHealth extends HealthPart implements OnModuleInit {
  readonly name = 'queue';

  constructor(
    private readonly backend: QueueBackend,
    private readonly registry: HealthRegistry,
  ) {
    super();
  }

  onModuleInit(): void {
    this.registry.add(this);
  }

  check(): Promise<void> {
    return this.backend.ping();
  }
}

import { Injectable } from '@nestjs/common';
import type { Worker } from 'bullmq';
import { QueueBackend } from '../queue-backend.js';

/** Ends workers before Nest does: Nest would wait for an answer from a queue that is away. */
@Injectable()
export class WorkerEnd {
  constructor(private readonly backend: QueueBackend) {}

  /** Call it when the worker's jobs have ended. Bounded even while the queue is away. */
  async close(worker: Worker): Promise<void> {
    const away = await this.backend.ping().then(
      () => false,
      () => true,
    );
    await worker.close(away);
  }
}

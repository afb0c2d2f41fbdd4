import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';

/** The name of the sweep's own heartbeat; those of workers begin with `WORKER_PREFIX`. */
export const SWEEP_HEARTBEAT = 'sweep';
export const WORKER_PREFIX = 'worker:';

/**
 * Records heartbeats, by the database's clock, so that an outside observer sees which processes work. Nothing waits for
 * them, and no promise depends on them.
 */
@Injectable()
export class HeartbeatRepository {
  constructor(private readonly prisma: PrismaService) {}

  async beat(name: string): Promise<void> {
    await this.prisma.$executeRaw`
      INSERT INTO heartbeats (name) VALUES (${name})
      ON CONFLICT (name) DO UPDATE SET beat_at = clock_timestamp()`;
  }

  /** Removes the heartbeat of a worker that ended in order, so that its next beat is not awaited. */
  async end(name: string): Promise<void> {
    await this.prisma.heartbeat.deleteMany({ where: { name } });
  }

  /** Deletes workers that died a day ago. */
  async prune(): Promise<void> {
    await this.prisma.$executeRaw`
      DELETE FROM heartbeats WHERE beat_at < clock_timestamp() - interval '1 day' AND name <> ${SWEEP_HEARTBEAT}`;
  }
}

import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';

/** The name of the sweep's own heartbeat; those of workers begin with `WORKER_PREFIX`. */
export const SWEEP_HEARTBEAT = 'sweep';
export const WORKER_PREFIX = 'worker:';

/**
 * Writes down that something goes on, by the database's clock, so that whoever looks from outside knows who is at work.
 * Nothing waits for it, and no promise rests on it.
 */
@Injectable()
export class HeartbeatRepository {
  constructor(private readonly prisma: PrismaService) {}

  async beat(name: string): Promise<void> {
    await this.prisma.$executeRaw`
      INSERT INTO heartbeats (name) VALUES (${name})
      ON CONFLICT (name) DO UPDATE SET beat_at = clock_timestamp()`;
  }

  /** It ended in order: nobody is to wait for its next beat. */
  async end(name: string): Promise<void> {
    await this.prisma.heartbeat.deleteMany({ where: { name } });
  }

  /** Forgets workers that died a day ago. */
  async prune(): Promise<void> {
    await this.prisma.$executeRaw`
      DELETE FROM heartbeats WHERE beat_at < clock_timestamp() - interval '1 day' AND name <> ${SWEEP_HEARTBEAT}`;
  }
}

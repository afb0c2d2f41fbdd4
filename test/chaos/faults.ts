import { setTimeout as pause } from 'node:timers/promises';
import { failures } from '../support/telegram-double.js';
import type { Cluster } from './cluster.js';
import type { Fault, FaultKind } from './schedule.js';

/** Faults that had something to hit, by kind. */
export type Injected = Partial<Record<FaultKind, number>>;

/** Injects each fault at its time, and resolves when the last of them is over. */
export async function injectAll(cluster: Cluster, schedule: readonly Fault[]): Promise<Injected> {
  const injected: Injected = {};
  await Promise.all(
    schedule.map(async (fault) => {
      await pause(fault.atMs);
      if (await inject(cluster, fault)) injected[fault.kind] = (injected[fault.kind] ?? 0) + 1;
    }),
  );
  return injected;
}

/** @returns false where there was nothing to hit: a process that is down already, say */
async function inject(cluster: Cluster, { kind, slot, holdMs, times, clockMs }: Fault): Promise<boolean> {
  const { web, worker, postgres, databaseRoads, telegram, model } = cluster;
  const failSend = (
    failure: (typeof failures)['serverError' | 'resetBefore' | 'resetAfter' | 'hangAfter'],
  ) => {
    telegram.failNext({ method: 'sendMessage', times, with: failure });
    return true;
  };
  switch (kind) {
    case 'web-kill':
      return await web[slot].kill(holdMs);
    case 'worker-kill':
      return await worker[slot].kill(holdMs);
    case 'web-suspend':
      return await web[slot].suspend(holdMs);
    case 'worker-suspend':
      return await worker[slot].suspend(holdMs);
    case 'worker-partition':
      return await worker[slot].partition(databaseRoads[slot], holdMs);
    case 'web-roll':
      return await web[slot].roll();
    case 'worker-roll':
      return await worker[slot].roll();
    case 'worker-clock':
      return worker[slot].moveClock(clockMs);
    case 'redis-kill':
      return await killRedis(cluster, holdMs);
    case 'redis-empty':
      return await emptyRedis(cluster);
    case 'postgres-fast':
      return await postgres.restart('fast', holdMs);
    case 'postgres-immediate':
      return await postgres.restart('immediate', holdMs);
    case 'connections-cut':
      return await postgres.cutConnections();
    case 'disk-full':
      return await postgres.fillDisk(holdMs);
    case 'log-full':
      return await postgres.fillLog(holdMs);
    case 'deadlock':
      return await postgres.deadlock(holdMs).catch(() => false);
    case 'model-hang':
    case 'model-error':
    case 'model-reset':
      model.failNext(kind === 'model-hang' ? 'hang' : kind === 'model-error' ? 'error' : 'reset', times);
      return true;
    case 'telegram-limited':
      telegram.failNext({ method: 'sendMessage', times, with: failures.limited(1) });
      return true;
    case 'telegram-error':
      return failSend(failures.serverError);
    case 'telegram-reset-before':
      return failSend(failures.resetBefore);
    case 'telegram-reset-after':
      return failSend(failures.resetAfter);
    case 'telegram-hang-after':
      return failSend(failures.hangAfter);
  }
}

async function killRedis({ redis }: Cluster, downMs: number): Promise<boolean> {
  if (!redis || redis.down) return false;
  redis.down = true;
  await redis.server.kill();
  await pause(downMs);
  await redis.server.start();
  redis.down = false;
  return true;
}

async function emptyRedis({ redis }: Cluster): Promise<boolean> {
  if (!redis || redis.down) return false;
  await redis.server.flush();
  return true;
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Cluster } from './cluster.js';
import type { ProxyFault } from './proxy-faults.js';
import type { Fault, FaultKind } from './schedule.js';

/** Faults that had a target, by kind. */
export type Injected = Partial<Record<FaultKind, number>>;

const PACKET_MS = 150;
/** The one that was busy last. */
const LOCK_CONVERSATION = 'SELECT 1 FROM conversations ORDER BY last_message_at DESC LIMIT 1 FOR UPDATE';

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

/** @returns false without a target: for example, the process is down already */
async function inject(cluster: Cluster, fault: Fault): Promise<boolean> {
  const { kind, processIndex, holdMs, times, clockMs } = fault;
  if (isRoadKind(kind)) {
    const { fault: order, which } = proxyFaults[kind];
    return await meet(times, (met) => cluster.proxy.failNext(order, which, met));
  }
  const { web, worker, postgres, databaseProxies, model } = cluster;
  switch (kind) {
    case 'web-kill':
      return await web[processIndex].kill(holdMs);
    case 'worker-kill':
      return await worker[processIndex].kill(holdMs);
    case 'web-suspend':
      return await web[processIndex].suspend(holdMs);
    case 'worker-suspend':
      return await worker[processIndex].suspend(holdMs);
    case 'worker-partition':
      return await worker[processIndex].hinder(databaseProxies[processIndex], holdMs, null);
    case 'worker-database-slow':
      return await worker[processIndex].hinder(databaseProxies[processIndex], holdMs, PACKET_MS);
    case 'web-roll':
      return await web[processIndex].roll();
    case 'worker-roll':
      return await worker[processIndex].roll();
    case 'worker-clock':
      return worker[processIndex].moveClock(clockMs);
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
    case 'conversation-locked':
      return await postgres.hold([LOCK_CONVERSATION], holdMs).catch(() => false);
    case 'table-locked':
      return await postgres.hold(['LOCK TABLE replies IN ACCESS EXCLUSIVE MODE'], holdMs).catch(() => false);
    case 'database-clock':
      return await postgres.moveClock(clockMs, holdMs);
    case 'worker-freeze':
      return await freeze(cluster, processIndex, holdMs);
    case 'model-hang':
    case 'model-error':
    case 'model-reset':
      model.failNext(kind === 'model-hang' ? 'hang' : kind === 'model-error' ? 'error' : 'reset', times);
      return true;
  }
}

type RoadKind = Extract<FaultKind, `telegram-${string}` | `edit-${string}`>;

const proxyFaults: Readonly<
  Record<RoadKind, { readonly fault: ProxyFault; readonly which: 'any' | 'edit' }>
> = {
  'telegram-limited': { fault: 'limited', which: 'any' },
  'telegram-error': { fault: 'error', which: 'any' },
  'telegram-page-before': { fault: 'page-before', which: 'any' },
  'telegram-page-after': { fault: 'page-after', which: 'any' },
  'telegram-reset-before': { fault: 'reset-before', which: 'any' },
  'telegram-reset-after': { fault: 'reset-after', which: 'any' },
  'telegram-hang-after': { fault: 'hang-after', which: 'any' },
  'telegram-late': { fault: 'late', which: 'any' },
  'edit-late': { fault: 'late', which: 'edit' },
  'edit-reset-after': { fault: 'reset-after', which: 'edit' },
  'edit-page-after': { fault: 'page-after', which: 'edit' },
};

const isRoadKind = (kind: FaultKind): kind is RoadKind => kind in proxyFaults;

/** How long a fault waits for a matching call. */
const MEETS_WITHIN_MS = 3_000;

/** Requests it this many times. @returns whether a call matched */
async function meet(times: number, order: (met: () => void) => void): Promise<boolean> {
  const met = new Promise<boolean>((resolve) => {
    for (let time = 0; time < times; time += 1) order(() => resolve(true));
  });
  return await Promise.race([met, pause(MEETS_WITHIN_MS, false)]);
}

/** Suspends a worker between Telegram’s answer to its send or edit and the record of it. */
async function freeze({ proxy, worker }: Cluster, processIndex: 0 | 1, holdMs: number): Promise<boolean> {
  const held = proxy.holdAnswer(worker[processIndex].caller);
  if (!(await Promise.race([held.taken, pause(MEETS_WITHIN_MS, false)]))) {
    held.release();
    return false;
  }
  const suspended = worker[processIndex].suspend(holdMs);
  held.release();
  return await suspended;
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

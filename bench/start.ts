import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Bench, BenchReport, Verdict } from './bench.js';
import { startProduct } from './support/product.js';
import { runOnRedis } from './support/run-on-redis.js';
import { median } from './support/statistics.js';
import type { SteeredOutside } from './support/steered-outside.js';
import { table } from './support/table.js';
import { until } from './support/until.js';
import type { Workbench } from './support/workbench.js';

const STARTS = 7;
/** Between the start and the look at the memory: the sweep and the heartbeat have run by then. */
const IDLE_MS = 5_000;
const READY_GOAL_MS = 1_200;
const ROLES = [
  { role: 'web', goalMb: 130 },
  { role: 'worker', goalMb: 160 },
] as const;

interface Start {
  /** Milliseconds from the start of the process until `/health/ready` answers 200. */
  readonly readyMs: number;
  /** CPU time of the process until then: it depends less than `readyMs` on what else the machine does. */
  readonly cpuMs: number;
  /** Resident memory of the idle process, in MB of 2^20 bytes. */
  readonly idleMb: number;
}

/** How soon a process is ready, and what it weighs: in production, with PostgreSQL and Redis running. */
export const startBench: Bench = {
  name: 'start',
  about: `${STARTS} starts of each role in production, external services: until it is ready, and its memory when idle`,
  run: () => runOnRedis(measure),
};

async function measure(
  workbench: Workbench,
  redisUrl: string,
  outside: SteeredOutside,
): Promise<BenchReport> {
  const databaseUrl = await workbench.database('start');
  const options = { databaseUrl, redisUrl, outside: outside.address, part: null };
  // Migrates the database, and fills the disk's cache.
  for (const { role } of ROLES) await startOnce(workbench, { ...options, role });
  const sides = ROLES.map((side) => ({ ...side, starts: [] as Start[] }));
  for (let number = 0; number < STARTS; number += 1)
    for (const { role, starts } of sides) starts.push(await startOnce(workbench, { ...options, role }));
  return report(sides);
}

async function startOnce(workbench: Workbench, options: Parameters<typeof startProduct>[0]): Promise<Start> {
  const begin = performance.now();
  const product = workbench.keep(startProduct(options));
  const url = `http://127.0.0.1:${await product.port()}/health/ready`;
  await until('the process is ready', async () => (await fetch(url)).ok);
  const readyMs = performance.now() - begin;
  const { pid } = product.child;
  const cpuMs = cpuMsOf(pid);
  await pause(IDLE_MS);
  const idleMb = residentMbOf(pid);
  await product.stop();
  return { readyMs, cpuMs, idleMb };
}

/** Linux counts it in ticks of 10 ms: proc_pid_stat(5). */
function cpuMsOf(pid: number | undefined): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

function residentMbOf(pid: number | undefined): number {
  const [, kilobytes] = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kilobytes) / 1_024;
}

function report(
  sides: readonly { readonly role: string; readonly goalMb: number; readonly starts: readonly Start[] }[],
): BenchReport {
  const medianOf = (starts: readonly Start[], what: keyof Start) =>
    median(starts.map((start) => start[what]));
  const rows = sides.map(({ role, starts }) => [
    role,
    ...(['readyMs', 'cpuMs', 'idleMb'] as const).map((what) => medianOf(starts, what).toFixed(0)),
  ]);
  const verdicts = sides.flatMap(({ role, goalMb, starts }): Verdict[] => {
    const [readyMs, idleMb] = [medianOf(starts, 'readyMs'), medianOf(starts, 'idleMb')];
    return [
      {
        promise: `${role}: milliseconds from its start until it is ready, less than ${READY_GOAL_MS}`,
        measured: readyMs,
        holds: readyMs < READY_GOAL_MS,
      },
      { promise: `${role}: MB when idle, less than ${goalMb}`, measured: idleMb, holds: idleMb < goalMb },
    ];
  });
  return {
    text: table(['medians', 'ready, ms', 'CPU until then, ms', 'idle, MB'], rows),
    verdicts,
    data: { sides: sides.map(({ role, starts }) => ({ role, starts })) },
  };
}

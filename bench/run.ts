import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { Logger } from '@nestjs/common';
import { ackBench } from './ack.js';
import type { Bench } from './bench.js';
import { budgetBench } from './budget.js';
import { contextBench } from './context.js';
import { floodBench } from './flood.js';
import { latencyBench } from './latency.js';
import { sourcesBench } from './sources.js';
import { startBench } from './start.js';
import { recoveryBench } from './recovery.js';
import { stopBench } from './stop.js';
import { sweepBench } from './sweep.js';
import { turnsBench } from './turns.js';
import { pinned } from './support/pinning.js';

/** `npm run bench [-- <name>...]`: runs the named benchmarks, or all; exits 1 if a promise is broken. */
const benches: readonly Bench[] = [
  ackBench,
  sweepBench,
  recoveryBench,
  budgetBench,
  stopBench,
  contextBench,
  floodBench,
  turnsBench,
  latencyBench,
  startBench,
  sourcesBench,
];
const RESULTS = join('bench', 'results');

Logger.overrideLogger(['warn', 'error', 'fatal']);

const print = (text: string) => void process.stdout.write(`${text}\n`);

const names = process.argv.slice(2);
const unknown = names.filter((name) => !benches.some((bench) => bench.name === name));
if (unknown.length > 0) {
  print(`No benchmark is called ${unknown.join(', ')}. There are:`);
  for (const { name, about } of benches) print(`  ${name}  ${about}`);
  process.exit(2);
}

let allHold = true;
for (const bench of benches) {
  if (names.length > 0 && !names.includes(bench.name)) continue;
  print(`${bench.name}: ${bench.about}`);
  const { text, verdicts, data } = await bench.run();
  print(`\n${text}\n`);
  for (const { promise, measured, holds } of verdicts) {
    print(`${holds ? 'holds ' : 'MISSED'}  ${promise}: ${measured.toFixed(2)}`);
    allHold &&= holds;
  }
  const machine = {
    node: process.version,
    cpu: cpus()[0]?.model,
    cores: availableParallelism(),
    pinned,
    load: loadavg(),
  };
  const file = join(RESULTS, `${bench.name}.json`);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(
    file,
    `${JSON.stringify({ at: new Date().toISOString(), machine, verdicts, ...data }, null, 2)}\n`,
  );
  print(`\nwritten to ${file}\n`);
}
process.exit(allHold ? 0 : 1);

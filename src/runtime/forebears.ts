import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Programs that run a script of package.json, and are killed by whoever wants to end that script. */
const runners = new Set(['npm', 'npx', 'pnpm', 'yarn']);
/** npm, a shell, nest, a shell. */
const MAX_DEPTH = 8;
const LOOK_EVERY_MS = 500;

interface ProcessEntry {
  readonly parent: number;
  /** The command line in words. */
  readonly words: readonly string[];
}

/**
 * Calls `onGone` once when npm, or a program between it and this process, is gone: a killed npm takes nobody with it, so
 * that `npm start` would leave a server behind. Does nothing where no such program started this process, and on Windows.
 * Keeps no process from ending.
 */
export async function watchForebears(onGone: () => void): Promise<void> {
  const forebears = await forebearsUpToRunner();
  if (forebears.length === 0) return;
  while (await areStillThere(forebears)) await pause(LOOK_EVERY_MS, null, { ref: false });
  onGone();
}

/** Parent first, npm last; empty where no such program is above. */
async function forebearsUpToRunner(): Promise<readonly number[]> {
  const table = process.platform === 'linux' ? null : await listAll();
  const found: number[] = [];
  for (let pid = process.ppid; pid > 1 && found.length < MAX_DEPTH;) {
    const entry = table ? table.get(pid) : await readEntry(pid);
    if (!entry) break;
    found.push(pid);
    if (isRunner(entry.words)) return found;
    pid = entry.parent;
  }
  return [];
}

/** `npm start`, its title, or `node /usr/bin/npm start`. Pure. */
export function isRunner(words: readonly string[]): boolean {
  return words.slice(0, 2).some((word) => runners.has(basename(word).replace(/(-cli)?\.c?js$/, '')));
}

/** On Linux a child whose parent is gone has another one at once, though the dead one's entry may stay for long. */
async function areStillThere(forebears: readonly number[]): Promise<boolean> {
  if (process.ppid !== forebears[0]) return false;
  for (const [index, pid] of forebears.entries()) {
    const above = forebears[index + 1];
    if (process.platform !== 'linux') {
      if (!exists(pid)) return false;
    } else if (above !== undefined && (await readEntry(pid))?.parent !== above) return false;
  }
  return true;
}

/** proc(5): "pid (name) state parent …". */
async function readEntry(pid: number): Promise<ProcessEntry | null> {
  try {
    const [, parent] = /^\d+ \(.*\) \w (\d+)/s.exec(await readFile(`/proc/${pid}/stat`, 'utf8')) ?? [];
    const line = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    return { parent: Number(parent), words: line.split(/[\0 ]/) };
  } catch {
    return null;
  }
}

async function listAll(): Promise<ReadonlyMap<number, ProcessEntry>> {
  const lines = await run('ps', ['-A', '-o', 'pid=,ppid=,args=']).then(
    ({ stdout }) => stdout.split('\n'),
    () => [],
  );
  return new Map(
    lines.map((line) => {
      const [pid, parent, ...words] = line.trim().split(/\s+/);
      return [Number(pid), { parent: Number(parent), words }] as const;
    }),
  );
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

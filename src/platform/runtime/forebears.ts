import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Programs that run a script of package.json, and are killed to end that script. */
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
 * Calls `onGone` once when npm, or a program between it and this process, is gone: a killed npm does not end its
 * children, so that `npm start` would leave a server behind. Does nothing if no such program started this process, and
 * on Windows. Does not keep the process alive. A program that cannot be read for the moment, without files to open or
 * memory, counts as alive.
 * @param read reads a file of proc(5)
 */
export async function watchForebears(onGone: () => void, read: Read = readText): Promise<void> {
  const forebears = await forebearsUpToRunner(read);
  if (forebears.length === 0) return;
  while (await areStillThere(forebears, read)) await pause(LOOK_EVERY_MS, null, { ref: false });
  onGone();
}

type Read = (path: string) => Promise<string>;
const readText: Read = (path) => readFile(path, 'utf8');

/** Parent first, npm last; empty if there is no such program above. */
async function forebearsUpToRunner(read: Read): Promise<readonly number[]> {
  const table = process.platform === 'linux' ? null : await listAll();
  const found: number[] = [];
  for (let pid = process.ppid; pid > 1 && found.length < MAX_DEPTH;) {
    const entry = table ? table.get(pid) : await readEntry(pid, read);
    if (!entry || entry === 'unreadable') break;
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

/** On Linux a child whose parent is gone gets another one at once, though the dead one's entry may stay for long. */
async function areStillThere(forebears: readonly number[], read: Read): Promise<boolean> {
  if (process.ppid !== forebears[0]) return false;
  for (const [index, pid] of forebears.entries()) {
    const above = forebears[index + 1];
    if (process.platform !== 'linux') {
      if (!exists(pid)) return false;
    } else if (above !== undefined) {
      const entry = await readEntry(pid, read);
      if (entry !== 'unreadable' && entry?.parent !== above) return false;
    }
  }
  return true;
}

/** proc(5): "pid (name) state parent …". @returns null if there is no such process */
async function readEntry(pid: number, read: Read): Promise<ProcessEntry | null | 'unreadable'> {
  try {
    const [, parent] = /^\d+ \(.*\) \w (\d+)/s.exec(await read(`/proc/${pid}/stat`)) ?? [];
    const line = await read(`/proc/${pid}/cmdline`);
    return parent === undefined ? 'unreadable' : { parent: Number(parent), words: line.split(/[\0 ]/) };
  } catch (error) {
    const { code }: { readonly code?: unknown } = Object(error);
    return code === 'ENOENT' || code === 'ESRCH' ? null : 'unreadable';
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

import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * The content of `postmaster.pid` (PostgreSQL's src/include/utils/pidfile.h). The server writes it line by line while
 * it starts, so that later lines may be missing, and removes it when it stops; a killed server leaves it behind.
 */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number | null;
  readonly state: 'starting' | 'ready' | 'stopping';
}

/** Reads the text of a `postmaster.pid`; null if it names no process. */
export function parsePostmasterFile(text: string): PostmasterFile | null {
  const lines = text.split('\n').map((line) => line.trim());
  // A stand-alone backend writes its pid with a minus.
  const pid = Math.abs(Number(lines[0]));
  if (!Number.isSafeInteger(pid) || pid === 0) return null;
  const port = Number(lines[3]);
  const status = lines[7];
  return {
    pid,
    port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : null,
    state: status === 'ready' || status === 'stopping' ? status : 'starting',
  };
}

/** The `postmaster.pid` of a data folder; null if there is none. */
export async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | null> {
  try {
    return parsePostmasterFile(await readFile(join(dataFolder, 'postmaster.pid'), 'utf8'));
  } catch {
    return null;
  }
}

/** The state of the process that a `postmaster.pid` names. `stranger`: its id belongs to another program by now. */
export type PostmasterProcess = 'serving' | 'stranger' | 'gone';

/**
 * Distinguishes a server that still runs in `dataFolder` from a file that outlived it. In doubt it is `serving`:
 * waiting for a missing server costs time, starting a second one could cost the data.
 */
export async function inspectPostmaster(pid: number, dataFolder: string): Promise<PostmasterProcess> {
  if (!isAlive(pid)) return 'gone';
  if (process.platform !== 'linux') return 'serving';
  try {
    // proc(5): "pid (name) state …"; Z and X are dead and not yet collected.
    const [, name, state] = /^\d+ \((.*)\) (\w)/s.exec(await readFile(`/proc/${pid}/stat`, 'utf8')) ?? [];
    if (state === 'Z' || state === 'X') return 'gone';
    if (name !== 'postgres') return 'stranger';
    const folder = (await workingFolder(pid)) ?? (await folderArgument(pid));
    if (folder === null) return 'serving';
    return folder === (await realpath(dataFolder)) ? 'serving' : 'stranger';
  } catch {
    return isAlive(pid) ? 'serving' : 'gone';
  }
}

/** A server's working folder is its data folder. Null if only the kernel's CAP_SYS_PTRACE would show it. */
async function workingFolder(pid: number): Promise<string | null> {
  return readlink(`/proc/${pid}/cwd`).catch(() => null);
}

/** The folder after -D, which every account may see; of a server's child, whose command line is a title, that title. */
async function folderArgument(pid: number): Promise<string | null> {
  const words = (await readFile(`/proc/${pid}/cmdline`, 'utf8')).split('\0');
  if (words[0]?.startsWith('postgres: ')) return words[0];
  const folder = words[words.indexOf('-D') + 1];
  return folder === undefined || !words.includes('-D') ? null : await realpath(folder).catch(() => folder);
}

/** Whether a process with this id exists and is not one that has ended and was not collected. */
export async function isRunning(pid: number): Promise<boolean> {
  if (!isAlive(pid)) return false;
  const entry = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/^\d+ \(.*\) [ZX]/s.test(entry);
}

/** Whether a process with this id exists, whoever owns it. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

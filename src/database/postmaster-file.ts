import { readFile, readlink, realpath } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * What `postmaster.pid` says (PostgreSQL's src/include/utils/pidfile.h). The server writes it line by line while it
 * starts, so that later lines may be missing, and removes it when it stops; a killed one leaves it behind.
 */
export interface PostmasterFile {
  readonly pid: number;
  readonly port: number | null;
  readonly state: 'starting' | 'ready' | 'stopping';
}

/** Reads the text of a `postmaster.pid`; null where it names no process. */
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

/** The `postmaster.pid` of a data folder; null where there is none. */
export async function readPostmasterFile(dataFolder: string): Promise<PostmasterFile | null> {
  try {
    return parsePostmasterFile(await readFile(join(dataFolder, 'postmaster.pid'), 'utf8'));
  } catch {
    return null;
  }
}

/** What became of the process that a `postmaster.pid` names. `stranger`: its id belongs to another program by now. */
export type PostmasterProcess = 'serving' | 'stranger' | 'gone';

/** Tells a server that still runs in `dataFolder` from a file that outlived it. */
export async function inspectPostmaster(pid: number, dataFolder: string): Promise<PostmasterProcess> {
  if (!isAlive(pid)) return 'gone';
  if (process.platform !== 'linux') return 'serving';
  try {
    // A server's working folder is its data folder for as long as it runs. A zombie has none.
    const folder = await readlink(`/proc/${pid}/cwd`);
    return folder === (await realpath(dataFolder)) ? 'serving' : 'stranger';
  } catch {
    return isAlive(pid) ? 'stranger' : 'gone';
  }
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

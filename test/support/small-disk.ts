import { execFile, spawnSync } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.js';

const run = promisify(execFile);
const MEGABYTE = 1024 * 1024;

/** A small file system of its own, which can be filled. Mounting needs a right: root, outside most containers. */
export class SmallDisk {
  private readonly unmountNow = () => void spawnSync('umount', ['--lazy', this.folder]);

  private constructor(
    readonly folder: string,
    private readonly megabytes: number,
  ) {
    // It is also removed when a run is aborted.
    process.once('exit', this.unmountNow);
  }

  /** Whether one can be mounted; otherwise the reason is printed. */
  static async isPossible(): Promise<boolean> {
    try {
      await (await SmallDisk.mount(1)).unmount();
      return true;
    } catch (error) {
      process.stderr.write(`skipped: a disk that is full: none can be mounted: ${String(error)}\n`);
      return false;
    }
  }

  /** @param megabytes its size; it takes memory only for its contents */
  static async mount(megabytes: number): Promise<SmallDisk> {
    const folder = await mkdtemp(join(tmpdir(), 'turnpike-disk-'));
    try {
      await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=0755`, 'tmpfs', folder]);
      return new SmallDisk(folder, megabytes);
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Leaves no free byte: the disk shrinks to its contents, at once and for no memory. */
  async fill(): Promise<void> {
    // It cannot shrink further, and others may be writing.
    await eventually(async () => {
      const { blocks, bfree, bsize } = await statfs(this.folder);
      await this.resize((blocks - bfree) * bsize);
    });
  }

  /** Undoes `fill`. */
  async free(): Promise<void> {
    await this.resize(this.megabytes * MEGABYTE);
  }

  /** With all its contents. */
  async unmount(): Promise<void> {
    // Files of a server that has just ended may be open for a moment yet.
    await eventually(() => run('umount', [this.folder]));
    process.removeListener('exit', this.unmountNow);
    await rm(this.folder, { recursive: true, force: true });
  }

  private async resize(bytes: number): Promise<void> {
    await run('mount', ['-o', `remount,size=${bytes}`, this.folder]);
  }
}

/**
 * Limits the size of an embedded server's files: the system refuses to extend a file, as on a full disk, without a
 * mount. Linux only.
 * @param megabytes null: unlimited. A file of PostgreSQL's log has 16 MB, and the server ends when that cannot be
 * written.
 */
export async function limitFileSize(dataFolder: string, megabytes: number | null): Promise<void> {
  const [pid = ''] = (await readFile(join(dataFolder, 'postmaster.pid'), 'utf8')).split('\n', 1);
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  const size = megabytes === null ? 'unlimited' : `${megabytes * MEGABYTE}`;
  // As the server's own account: limiting another account's process needs a right.
  const { uid, gid } = await stat(dataFolder);
  for (const id of [pid, ...children.trim().split(' ')]) {
    // One that has ended meanwhile writes nothing.
    await run('prlimit', ['--pid', id, `--fsize=${size}:`], { uid, gid }).catch((error: unknown) => {
      if (id === pid) throw error;
    });
  }
}

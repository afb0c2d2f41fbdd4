import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmallDisk } from '../support/small-disk.js';

/** No round comes near it, nor hours of them: what is used of it is memory, the rest is nothing. */
const DISK_MEGABYTES = 4_000;

/** Where a database's data is kept. */
export interface Place {
  readonly folder: string;
  /** Null where none can be mounted. */
  readonly disk: SmallDisk | null;
  remove(): Promise<void>;
}

/** A disk of its own, that can be full, where one can be mounted; else a folder. */
export async function findPlace(): Promise<Place> {
  const disk = (await diskIsPossible()) ? await SmallDisk.mount(DISK_MEGABYTES) : null;
  if (disk) return { folder: disk.folder, disk, remove: () => disk.unmount() };
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-chaos-postgres-'));
  return { folder, disk, remove: () => rm(folder, { recursive: true, force: true }) };
}

let possible: Promise<boolean> | null = null;

/** Asked once: the answer no is printed. */
const diskIsPossible = () => (possible ??= SmallDisk.isPossible());

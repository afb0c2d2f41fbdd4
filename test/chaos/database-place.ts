import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SmallDisk } from '../support/small-disk.js';

/** Far more than hours of rounds need: only the used part takes memory. */
const DISK_MEGABYTES = 4_000;

/** The place of a database's data. */
export interface Place {
  readonly folder: string;
  /** Null where none can be mounted. */
  readonly disk: SmallDisk | null;
  remove(): Promise<void>;
}

/** A disk of its own, which can be full, if one can be mounted; else a folder. */
export async function findPlace(): Promise<Place> {
  const disk = (await diskIsPossible()) ? await SmallDisk.mount(DISK_MEGABYTES) : null;
  if (disk) return { folder: disk.folder, disk, remove: () => disk.unmount() };
  const folder = await mkdtemp(join(tmpdir(), 'turnpike-chaos-postgres-'));
  return { folder, disk, remove: () => rm(folder, { recursive: true, force: true }) };
}

let possible: Promise<boolean> | null = null;

/** Asked once, because a negative answer is printed. */
const diskIsPossible = () => (possible ??= SmallDisk.isPossible());

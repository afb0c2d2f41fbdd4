import { join } from 'node:path';
import { readPassword, SUPERUSER } from './cluster.js';
import { embeddedFolder } from './embedded-postgres.js';
import { inspectPostmaster, readPostmasterFile } from './postmaster-file.js';

/** The address of the embedded server that runs on this machine for DATA_DIR; null if none does. Starts nothing. */
export async function runningEmbeddedUrl(dataDir: string): Promise<string | null> {
  const dataFolder = join(embeddedFolder(dataDir), 'data');
  const [password, file] = await Promise.all([readPassword(dataFolder), readPostmasterFile(dataFolder)]);
  if (password === null || file === null || file.state !== 'ready' || file.port === null) return null;
  if ((await inspectPostmaster(file.pid, dataFolder)) !== 'serving') return null;
  return `postgresql://${SUPERUSER}:${password}@127.0.0.1:${file.port}/postgres`;
}

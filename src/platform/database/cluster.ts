import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, mkdtemp, open, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { GiveUpError, messageOf } from '../errors/errors.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { type Account, chooseAccount, type Launch, planLaunch } from './server-account.js';

/** The one role of an embedded server. */
export const SUPERUSER = 'turnpike';

/** The environment of PostgreSQL's programs: without this process's settings, which contain secrets. */
export const PROGRAM_ENV = { PATH: '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin', LC_ALL: 'C' } as const;

const STAGING = 'new-';

/** A complete data folder: made by initdb, flushed to disk, with its password. */
export interface Cluster {
  readonly dataFolder: string;
  readonly password: string;
  /** The account that runs the server; null: this process's own. */
  readonly account: Account | null;
}

/**
 * Opens the data folder under `folder`, making it on the first start. It is made elsewhere and moved into place when it
 * is complete: a process that dies meanwhile leaves nothing half made, and of several that start at once one wins and
 * all use its folder.
 * @throws GiveUpError if the folder cannot be made, or has other contents
 */
export async function openCluster(folder: string, binaries: PostgresBinaries): Promise<Cluster> {
  const dataFolder = join(folder, 'data');
  await mkdir(folder, { recursive: true }).catch((error: unknown) => {
    throw unusable(folder, messageOf(error), error);
  });
  const account = await chooseAccount(dataFolder);
  const password = (await readPassword(dataFolder)) ?? (await create(folder, dataFolder, binaries, account));
  return { dataFolder, password, account };
}

async function create(
  folder: string,
  dataFolder: string,
  binaries: PostgresBinaries,
  account: Account | null,
): Promise<string> {
  const staging = await mkdtemp(join(folder, STAGING)).catch((error: unknown) => {
    throw unusable(folder, messageOf(error), error);
  });
  try {
    const password = randomBytes(24).toString('base64url');
    await initialise(staging, password, binaries, account);
    await rename(join(staging, 'data'), dataFolder);
    await flush(folder);
    await removeLeftovers(folder);
    return password;
  } catch (error) {
    await rm(staging, { recursive: true, force: true });
    const password = await readPassword(dataFolder);
    if (password !== null) return password; // another process was faster
    throw error instanceof GiveUpError ? error : unusable(folder, messageOf(error), error);
  }
}

async function initialise(
  staging: string,
  password: string,
  { initdb }: PostgresBinaries,
  account: Account | null,
): Promise<void> {
  const passwordFile = join(staging, 'password');
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
  if (account) {
    await chown(passwordFile, account.uid, account.gid);
    await chown(staging, account.uid, account.gid);
  }
  const args = [
    `--pgdata=${join(staging, 'data')}`,
    `--username=${SUPERUSER}`,
    `--pwfile=${passwordFile}`,
    // Over loopback any local account can connect.
    '--auth=scram-sha-256',
    '--encoding=UTF8',
    // PostgreSQL's own C.UTF-8: the same on every operating system and after each of its upgrades.
    '--locale=C',
    '--locale-provider=builtin',
    '--builtin-locale=C.UTF-8',
    '--no-instructions',
    // One call instead of one a file: halves the time.
    ...(process.platform === 'linux' ? ['--sync-method=syncfs'] : []),
  ];
  await run(await planLaunch(initdb, args, account, [staging]));
  // The password becomes part of the folder; without it the folder would be locked for ever.
  const dataFolder = join(staging, 'data');
  await flush(passwordFile);
  await rename(passwordFile, join(dataFolder, 'turnpike.password'));
  await flush(dataFolder);
}

async function run(launch: Launch): Promise<void> {
  const output: Buffer[] = [];
  const child = spawn(launch.command, launch.args, {
    ...launch.account,
    cwd: '/',
    env: PROGRAM_ENV,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (code === 0) return;
  throw new GiveUpError(
    'EMBEDDED_POSTGRES_INITDB',
    `initdb failed: ${Buffer.concat(output).toString('utf8').trim()}`,
    'Set DATA_DIR to a writable folder on a local disk, or DATABASE_URL to a PostgreSQL server.',
  );
}

/** The password of a complete data folder; null if there is none. */
export async function readPassword(dataFolder: string): Promise<string | null> {
  const file = join(dataFolder, 'turnpike.password');
  try {
    return (await readFile(file, 'utf8')).trim();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'ENOENT') return null;
    throw unusable(dataFolder, messageOf(error), error);
  }
}

/** Makes a file's text, or the names in a folder, outlive a power cut. */
async function flush(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Removes the remains of killed starts. A start that still runs fails because of it, and then uses the finished folder.
 */
async function removeLeftovers(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(STAGING));
  await Promise.allSettled(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

function unusable(folder: string, why: string, cause: unknown): GiveUpError {
  return new GiveUpError(
    'EMBEDDED_POSTGRES_FOLDER',
    `the embedded database cannot use ${folder}: ${why}`,
    'Set DATA_DIR to a folder that this account may write and no other account has used, or set DATABASE_URL.',
    { cause },
  );
}

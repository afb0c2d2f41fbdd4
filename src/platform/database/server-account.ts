import { execFile } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { GiveUpError } from '../errors/errors.js';

const run = promisify(execFile);

/** An operating system account, by number. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** The way to start one of PostgreSQL's programs so that it accepts its account and reaches its files. */
export interface Launch {
  readonly command: string;
  readonly args: readonly string[];
  /** Set if Node.js itself has to change the account. */
  readonly account: Account | null;
}

/**
 * The account that runs the server. PostgreSQL refuses to run as root, so root uses the account that owns the data, or
 * else `postgres`, or `nobody`. Any other account runs it as itself: null.
 * @throws GiveUpError if root finds no such account
 */
export async function chooseAccount(dataFolder: string): Promise<Account | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(dataFolder).catch(() => null);
  if (owner && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  const account = (await lookUp('postgres')) ?? (await lookUp('nobody'));
  if (account) return account;
  throw new GiveUpError(
    'EMBEDDED_POSTGRES_ACCOUNT',
    'PostgreSQL refuses to run as root, and there is no account "postgres" or "nobody" to run it as',
    'Run as an ordinary user, or set DATABASE_URL to a PostgreSQL server.',
  );
}

/**
 * Decides how `program` runs as `account` when both it and `folders` may lie under folders closed to it, such as /root.
 */
export async function planLaunch(
  program: string,
  args: readonly string[],
  account: Account | null,
  folders: readonly string[],
): Promise<Launch> {
  if (!account) return { command: program, args, account: null };
  const paths = [program, ...folders];
  const open = await Promise.all(paths.map((path) => canReach(path, account)));
  if (!open.includes(false)) return { command: program, args, account };
  return { command: 'setpriv', args: [...reachEverything(account), program, ...args], account: null };
}

/**
 * setpriv (util-linux) changes the account but keeps the capability to pass closed folders: nothing has to be moved,
 * copied or opened to others. Without `no_setuid_fixup` access(2), which PostgreSQL calls for its own program, would
 * still answer for the bare account.
 */
function reachEverything({ uid, gid }: Account): string[] {
  return [
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    '--securebits=+no_setuid_fixup',
    '--inh-caps=+dac_override',
    '--ambient-caps=+dac_override',
    '--',
  ];
}

/** Whether an account may enter every folder above `path`, and `path` itself, by its permission bits. */
async function canReach(path: string, account: Account): Promise<boolean> {
  const { uid, gid, mode } = await stat(path);
  const mayEnter = uid === account.uid ? 0o100 : gid === account.gid ? 0o010 : 0o001;
  if ((mode & mayEnter) === 0) return false;
  const parent = dirname(path);
  return parent === path || (await canReach(parent, account));
}

async function lookUp(name: string): Promise<Account | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

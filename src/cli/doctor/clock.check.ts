import { Client } from 'pg';
import type { Settings } from '../../settings/settings.js';
import { messageOf } from '../../platform/errors/errors.js';
import { type Finding, findingsAbout } from './finding.js';

const clock = findingsAbout('clock');

/** Promises hold whatever a machine's clock says; dates in answers, and TLS, do not. */
const TOLERANCE_MS = 5_000;

/** Compares this machine's clock with the database's and the Bot API server's. */
export async function checkClock(
  { database, telegram }: Settings,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  if (database.url !== undefined) {
    findings.push(await compare('the database’s', databaseTime(database.url)));
  }
  if (telegram.botToken !== undefined) {
    findings.push(await compare('Telegram’s', serverTime(telegram.apiRoot, signal)));
  }
  return findings.length > 0 ? findings : [clock.skipped('there is no other clock to compare with')];
}

interface Reading {
  readonly theirsMs: number;
  /** The precision of the difference. */
  readonly withinMs: number;
}

async function compare(whose: string, reading: Promise<Reading>): Promise<Finding> {
  const startedAt = Date.now();
  try {
    const { theirsMs, withinMs } = await reading;
    // It was read at some moment between request and answer.
    const aheadMs = startedAt - theirsMs;
    const behindMs = theirsMs - Date.now();
    const offMs = Math.max(aheadMs, behindMs, 0);
    return offMs <= TOLERANCE_MS + withinMs
      ? clock.ok(`this machine’s and ${whose} agree`)
      : clock.warning(
          `this machine’s clock is ${Math.round(offMs / 1_000)} s ${aheadMs > behindMs ? 'ahead of' : 'behind'} ${whose}`,
          'set it by NTP (timedatectl set-ntp true)',
        );
  } catch (error) {
    return clock.skipped(`${whose} could not be read: ${messageOf(error)}`);
  }
}

async function databaseTime(url: string): Promise<Reading> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: TOLERANCE_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const { rows } = await client.query<{ now: Date }>('SELECT clock_timestamp() AS now');
    if (!rows[0]) throw new Error('no answer');
    return { theirsMs: rows[0].now.getTime(), withinMs: 0 };
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** By the `Date` of any answer, which has whole seconds only. */
async function serverTime(root: string, signal: AbortSignal): Promise<Reading> {
  const response = await fetch(root, { method: 'HEAD', redirect: 'manual', signal });
  const at = Date.parse(response.headers.get('date') ?? '');
  if (!Number.isFinite(at)) throw new Error('it tells no time');
  return { theirsMs: at, withinMs: 1_000 };
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Client } from 'pg';
import type { DatabaseSettings } from '../../platform/database/database.settings.js';
import { connectAtStart } from '../../platform/database/connect.js';
import { runningEmbeddedUrl } from '../../platform/database/embedded-postgres.js';
import type { WaitingWork } from '../../queue/waiting-work.repository.js';
import { canLookAtWork, lookAtWork, type WorkSight } from '../../queue/work-sight.js';
import { ASK_EVERY_MS, isPollerAtWork } from '../../telegram/receiving/poller-lock.js';
import { type Finding, findingsAbout } from './finding.js';

const workers = findingsAbout('workers');
const sweep = findingsAbout('sweep');
const poller = findingsAbout('poller');
const backlog = findingsAbout('backlog');
const letters = findingsAbout('letters');

/** The sweep runs every two seconds. */
const SWEEP_LATE_MS = 30_000;
/** Turns take minutes at times, and chats over their limit wait for theirs. */
const SLOW_SECONDS = 120;
const STUCK_SECONDS = 900;

const startWorker = 'start a process with APP_ROLE all or worker, and see its log';

/** Checks that workers, the sweep and, in polling mode, the poller are running; and the results of their work. */
export async function checkWork(
  { url, dataDir }: DatabaseSettings,
  isPolled: boolean,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const address = url ?? (await runningEmbeddedUrl(dataDir));
  if (address === null)
    return [workers.failed(`no process runs that has its database in ${dataDir}`, 'start it: npm start')];
  const client = await connectAtStart(address, { patienceMs: 0, signal }).catch(() => null);
  if (client === null) return [workers.skipped('the database does not answer')];
  try {
    if (!(await canLookAtWork(client)))
      return [workers.failed('no process of this version has worked with this database', startWorker)];
    return [
      ...workFindings(await lookAtWork(client)),
      ...(isPolled ? [await pollerFinding(client, signal)] : []),
    ];
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Judges the observations. Pure. */
export function workFindings(sight: WorkSight): readonly Finding[] {
  const { waiting, deadLetters } = sight;
  return [
    ...(sight.workers > 0 ? atWork(sight) : nobodyAtWork(sight)),
    ...waiting.filter(({ depth }) => depth > 0).map((lane) => backlogFinding(lane, sight.workers > 0)),
    ...(waiting.every(({ depth }) => depth === 0) ? [backlog.ok('nothing waits')] : []),
    deadLetters === 0
      ? letters.ok('no dead letters')
      : letters.warning(`${deadLetters} dead letters`, 'npm run cli -- dead-letters list'),
  ];
}

function atWork({ workers: count, sweptMs }: WorkSight): Finding[] {
  const isSwept = sweptMs !== null && sweptMs < SWEEP_LATE_MS;
  const last = sweptMs === null ? 'never came round' : `came round ${ago(sweptMs)} ago`;
  return [
    workers.ok(`${count} at work`),
    isSwept
      ? sweep.ok(`it ${last}`)
      : sweep.failed(
          `it ${last}, so nobody finds what a wake-up was lost for`,
          'see "sweep failed" and "lane cannot reach its queue" in the logs of the workers',
        ),
  ];
}

function nobodyAtWork({ workerSeenMs }: WorkSight): Finding[] {
  const seen = workerSeenMs === null ? '' : `: the last was seen ${ago(workerSeenMs)} ago`;
  return [
    workers.failed(`none at work${seen}`, startWorker),
    sweep.skipped('it comes round where a worker is at work'),
  ];
}

function backlogFinding({ lane, depth, oldestSeconds }: WaitingWork, isWorkedOn: boolean): Finding {
  const says = `${depth} of ${lane} wait, the oldest for ${ago(oldestSeconds * 1_000)}`;
  if (!isWorkedOn) return backlog.failed(`${says}, and nobody works on them`, startWorker);
  if (oldestSeconds > STUCK_SECONDS)
    return backlog.failed(says, 'see the log of the workers, and: npm run cli -- chats');
  return oldestSeconds > SLOW_SECONDS
    ? backlog.warning(says, 'more workers, or a higher WORKER_CONCURRENCY, make it shorter')
    : backlog.ok(says);
}

/** While one process follows another as the poller, none holds the lock for a moment. */
async function pollerFinding(client: Client, signal: AbortSignal): Promise<Finding> {
  if (await isPollerAtWork(client)) return poller.ok('a process polls Telegram');
  await pause(2 * ASK_EVERY_MS, undefined, { signal });
  return (await isPollerAtWork(client))
    ? poller.ok('a process polls Telegram')
    : poller.failed(
        'nobody polls Telegram for updates',
        'start a process with APP_ROLE all or web, and see its log',
      );
}

function ago(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

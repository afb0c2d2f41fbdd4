import type { Guard } from './guard.js';

const sweep = 'src/queue/sweep.repository.ts';
const sweepSpec = 'src/queue/sweep.repository.spec.ts';
const service = 'src/queue/sweep.service.ts';
const serviceSpec = 'src/queue/sweep.service.spec.ts';
const processor = 'src/queue/sweep.processor.ts';
const processorSpec = 'src/queue/sweep.processor.spec.ts';
const part = 'src/queue/sweep-part.ts';
const partSpec = 'src/queue/sweep-part.spec.ts';
const waker = 'src/queue/lane-waker.ts';
const wakerSpec = 'src/queue/lane-waker.spec.ts';
const letters = 'src/queue/dead-letters.service.ts';
const lettersSpec = 'src/queue/dead-letters.service.spec.ts';

/** What no wake-up will bring back. */
const sweeps: readonly Guard[] = [
  ...['turns', 'commands', 'deliveries', 'summaries'].map((lane): Guard => ({
    id: `sweep/lane-${lane}`,
    kind: 'sweep part',
    promises: [1],
    keeps: `The sweep wakes the lane \`${lane}\``,
    without: {
      file: service,
      find: '...lanes.map((lane) =>',
      replace: `...lanes.filter((name) => name !== '${lane}').map((lane) =>`,
    },
    spec: serviceSpec,
    test: `wakes the lane ${lane} of a conversation that has work there`,
  })),
  ...[
    ['approvals', "part('approvals', () => this.approvals.expireOverdue()),"],
    ['pairings', "part('pairings', () => this.askAboutPairings()),"],
    ['unconfirmed events', "part('unconfirmed events', () => this.confirmEvents()),"],
    ['schedules', "part('schedules', () => this.fireSchedules()),"],
  ].map(([name = '', find = '']): Guard => ({
    id: `sweep/${name.replaceAll(' ', '-')}`,
    kind: 'sweep part',
    promises: [1],
    keeps: `The sweep comes to ${name} whose time is over`,
    without: { file: processor, find },
    spec: processorSpec,
    test: 'passes over a conversation whose conversations somebody has locked',
  })),
  {
    id: 'sweep/backlog',
    kind: 'sweep part',
    promises: [7],
    keeps: 'The sweep tells chats that wait for a worker how long that may take',
    without: { file: processor, find: "part('backlog', () => this.backlog.run())," },
    spec: processorSpec,
    test: 'tells chats that wait for a worker how long that may take',
  },
  {
    id: 'sweep/queue-clocks',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep takes back what a machine whose clock is ahead has left in the queue',
    without: {
      file: service,
      find: "part('queue clocks', () => this.backend.undoFastClocks(workerOptions.lockDuration)),",
    },
    spec: serviceSpec,
    test: 'takes back what a machine whose clock is ahead has left in the queue',
  },
  {
    id: 'sweep/failure-alone',
    kind: 'sweep part',
    promises: [1],
    keeps: 'A part of the sweep that fails keeps no other one from its turn',
    without: {
      file: part,
      within: 'private async attempt(',
      find: "this.report(this.name, 'SWEEP_PART_FAILED', messageOf(error));",
      replace: 'throw new Error(messageOf(error));',
    },
    spec: partSpec,
    test: 'keeps no part from its turn because another one fails',
    error: 'broken',
  },
  {
    id: 'sweep/erasures',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep ends erasures whose process has died',
    without: {
      file: 'src/admin/conversations/unfinished-erasures.ts',
      within: 'async run()',
      find: '(id) => this.erasure.resume(id)',
      replace: 'async () => {}',
    },
    spec: 'src/admin/conversations/erasure.service.spec.ts',
    test: 'that its process left half done is no longer to be seen, and is ended by the sweep',
  },
  {
    id: 'sweep/erasures-wait',
    kind: 'limit',
    promises: [1],
    keeps: 'An erasure that waits for a lock keeps no other one from being ended by the sweep',
    without: {
      file: 'src/admin/conversations/erasure.service.ts',
      within: 'async resume(',
      find: ', LOCK_TIMEOUT_MS',
    },
    spec: 'src/admin/conversations/erasure.service.spec.ts',
    test: 'that cannot be finished, because its leases are locked, keeps no other one from it',
  },
  {
    id: 'sweep/erasures-run',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep comes to what rooms above the queue have added: erasures',
    without: {
      file: processor,
      find: '...this.additions.entries().map(([name, work]) => part(name, work)),',
    },
    spec: processorSpec,
    test: 'runs what rooms above the queue have added, each part for itself',
  },
  {
    id: 'sweep/stall-alone',
    kind: 'sweep part',
    promises: [1],
    keeps: 'A part of the sweep that stalls holds up no other one for longer than its head start',
    without: {
      file: part,
      within: 'export async function runParts(',
      find: 'await endsWithin(run, HEAD_START_MS);',
      replace: 'await run;',
    },
    spec: partSpec,
    test: 'has the parts behind one that stalls wait for its head start only, and ends after its time',
  },
  {
    id: 'sweep/one-run-of-a-part',
    kind: 'sweep part',
    promises: [1],
    keeps: 'A part that still runs is not started a second time',
    without: {
      file: part,
      within: 'async run(): Promise<void> {\n    if',
      find: 'this.startedAt !== null && performance.now() - this.startedAt < ABANDONED_AFTER_MS',
      replace: 'this.startedAt !== null && performance.now() < 0',
    },
    spec: partSpec,
    test: 'goes without a part that still runs, and starts it again when it has ended',
  },
  {
    id: 'sweep/abandoned-part',
    kind: 'sweep part',
    promises: [1],
    keeps: 'A part that never ends is started anew after a minute',
    without: { file: part, find: ' && performance.now() - this.startedAt < ABANDONED_AFTER_MS' },
    spec: partSpec,
    test: 'starts a part anew that has not ended for a minute, and does not mistake the end of the old run for its own',
  },
  {
    id: 'sweep/short-transactions',
    kind: 'lock',
    promises: [1],
    keeps: 'Work that comes round again does not wait for a lock for long',
    without: {
      file: 'src/database/short-transaction.ts',
      find: "set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)",
      replace: "set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS * 1_000)}, true)",
    },
    spec: 'src/database/short-transaction.spec.ts',
    test: 'fails while somebody else holds a lock that it needs',
  },
  {
    id: 'sweep/clock-set-back',
    kind: 'condition',
    promises: [1],
    keeps: 'A clock that is set back puts nothing off for longer than it was put off',
    without: {
      file: 'src/database/deferred.ts',
      within: 'export function isDue(',
      find: ' OR ${now} < ${since}',
    },
    spec: 'src/database/deferred.spec.ts',
    test: 'is put off by the database’s clock, and due at once when that is set back',
  },
  {
    id: 'sweep/lease-from-before-the-clock-was-set',
    kind: 'condition',
    promises: [1],
    keeps: 'The sweep finds work whose lease was taken before the database’s clock was set back',
    without: {
      file: 'src/lease/lease.repository.ts',
      within: 'export function isFreeLease(',
      find: "\n    OR (${end} > clock_timestamp() + ${ttl} AND ${end} < 'infinity')",
    },
    spec: sweepSpec,
    test: 'finds all the same work when the database’s clock was set back, or is set right again, by an hour',
  },
  {
    id: 'sweep/goes-on-behind',
    kind: 'sweep part',
    promises: [1],
    keeps: 'A pass goes on behind the last one, so that every conversation has its turn',
    without: {
      file: service,
      within: 'private async wakeDue(',
      find: 'FIRST : (due.at(-1) ?? FIRST)',
      replace: 'FIRST : FIRST',
    },
    spec: serviceSpec,
    test: 'comes to all that wait, however many they are',
  },
  {
    id: 'sweep/waiting-messages',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep finds messages that wait',
    without: {
      file: sweep,
      within: 'export function dueStatement(',
      find: "WHERE state = 'waiting' AND kind = 'message' AND conversation_id > ${after}::uuid",
      replace: 'WHERE false AND conversation_id > ${after}::uuid',
    },
    spec: sweepSpec,
    test: 'finds messages that wait, commands and replies, each for its lane',
  },
  {
    id: 'sweep/left-turns',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep finds turns that a dead worker left',
    without: {
      file: sweep,
      within: 'export function dueStatement(',
      find: "WHERE state IN ('waiting', 'running') AND",
      replace: 'WHERE false AND',
    },
    spec: sweepSpec,
    test: 'finds a turn left by a dead worker once its lease has expired, and one that was never leased',
  },
  {
    id: 'sweep/commands-waiting',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep finds commands that wait',
    without: {
      file: sweep,
      within: 'export function dueStatement(',
      find: "WHERE state = 'waiting' AND kind <> 'message' AND",
      replace: 'WHERE false AND',
    },
    spec: sweepSpec,
    test: 'finds messages that wait, commands and replies, each for its lane',
  },
  {
    id: 'sweep/open-replies',
    kind: 'sweep part',
    promises: [1, 4],
    keeps: 'The sweep finds replies that are to be sent',
    without: {
      file: sweep,
      within: 'export function dueStatement(',
      find: 'WHERE r.settled_at IS NULL AND',
      replace: 'WHERE false AND',
    },
    spec: sweepSpec,
    test: 'finds a reply whose sender died, and what a pause has held up once it is over',
  },
  {
    id: 'sweep/due-summaries',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep finds summaries that are due',
    without: {
      file: sweep,
      within: 'export function dueStatement(',
      find: 'WHERE s.due_at IS NOT NULL AND',
      replace: 'WHERE false AND',
    },
    spec: sweepSpec,
    test: 'finds a summary that is due, of a conversation that goes on and where nobody is at it',
  },
  {
    id: 'sweep/schedule-kept',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep comes round again though Redis was emptied, or a clock was wrong',
    without: {
      file: 'src/queue/schedule-keeper.ts',
      within: 'async ensure()',
      find: 'if (away < TOLERATED_ROUNDS * periodMs) return;',
      replace: 'if (away >= 0) return;',
    },
    spec: 'src/queue/schedule-keeper.spec.ts',
    test: 'sets it anew where a machine whose clock is ahead has set it',
  },
];

/** One job a conversation in a lane, and one behind it. */
const laneGuards: readonly Guard[] = [
  {
    id: 'lane/one-job',
    kind: 'unique key',
    promises: [3],
    keeps: 'A conversation has one job in a lane, however often it is woken',
    without: {
      file: waker,
      within: 'private async add(',
      find: 'deduplication: { id: conversationId, keepLastIfActive: true },',
    },
    spec: wakerSpec,
    test: 'keeps one job for a conversation however often it is woken before it runs',
  },
  {
    id: 'lane/one-behind',
    kind: 'retry',
    promises: [1],
    keeps: 'What comes while a job runs makes another run behind it',
    without: { file: waker, within: 'private async add(', find: ', keepLastIfActive: true' },
    spec: wakerSpec,
    test: 'makes of five wakes while it runs one run more, which begins after it',
  },
];

const deadLetters: readonly Guard[] = [
  {
    id: 'dead-letter/one-replay',
    kind: 'condition',
    promises: [6],
    keeps: 'Of two replays at once one has an effect',
    without: {
      file: letters,
      within: 'private async take(',
      find: 'const { count } = await tx.deadLetter.deleteMany({ where: { id } });',
      replace: 'const count = 1;',
    },
    spec: lettersSpec,
    test: 'replays once of two that ask at the same time',
  },
  {
    id: 'dead-letter/own-messages',
    kind: 'condition',
    promises: [6],
    keeps: 'A replayed turn has its own messages again',
    without: {
      file: letters,
      within: 'private async reopen(',
      find: "await tx.event.updateMany({ where: { turnId: subjectId }, data: { state: 'claimed' } });",
    },
    spec: lettersSpec,
    test: 'lets a turn go on with its own messages, and wakes its lane',
  },
  {
    id: 'dead-letter/tries-anew',
    kind: 'condition',
    promises: [6],
    keeps: 'A replayed reply has the tries of a new one',
    without: {
      file: letters,
      within: 'private async reopen(',
      find: 'attempts: 0, unknownSends: 0,',
    },
    spec: lettersSpec,
    test: 'sends a reply again that failed',
  },
];

export const queueGuards: readonly Guard[] = [...sweeps, ...laneGuards, ...deadLetters];

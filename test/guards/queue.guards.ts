import type { Guard } from './guard.js';

const sweep = 'src/workers/sweep.repository.ts';
const sweepSpec = 'src/workers/sweep.repository.spec.ts';
const service = 'src/workers/sweep.service.ts';
const serviceSpec = 'src/workers/sweep.service.spec.ts';
const processor = 'src/workers/sweep.processor.ts';
const processorSpec = 'src/workers/sweep.processor.spec.ts';
const part = 'src/workers/sweep-part.ts';
const partSpec = 'src/workers/sweep-part.spec.ts';
const waker = 'src/queue/lane-waker.ts';
const wakerSpec = 'src/queue/lane-waker.spec.ts';
const direct = 'src/workers/direct-delivery.ts';
const directSpec = 'src/workers/direct-delivery.spec.ts';
const letters = 'src/dead-letters/dead-letters.service.ts';
const lettersSpec = 'src/dead-letters/dead-letters.service.spec.ts';

/** Work that no wake-up brings back. */
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
    test: `wakes the lane ${lane} of a conversation with work there`,
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
    test: 'skips a conversation whose conversations is locked',
  })),
  {
    id: 'sweep/backlog',
    kind: 'sweep part',
    promises: [7],
    keeps: 'The sweep notifies chats that wait for a worker how long that may take',
    without: { file: processor, find: "part('backlog', () => this.backlog.run())," },
    spec: processorSpec,
    test: 'notifies chats that wait for a worker how long that may take',
  },
  {
    id: 'sweep/queue-clocks',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep resets times that a machine whose clock is ahead has left in the queue',
    without: {
      file: service,
      find: "part('queue clocks', () => this.backend.undoFastClocks(workerOptions.lockDuration)),",
    },
    spec: serviceSpec,
    test: 'resets times that a machine whose clock is ahead has left in the queue',
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
    test: 'runs the parts behind one that fails',
    error: 'broken',
  },
  {
    id: 'sweep/erasures',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep ends erasures whose process has died',
    without: {
      file: 'src/memory/erasure/unfinished-erasures.ts',
      within: 'async run()',
      find: '(id) => this.erasure.resume(id)',
      replace: 'async () => {}',
    },
    spec: 'src/memory/erasure/conversation-erasure.service.spec.ts',
    test: 'hides a conversation that its process left half erased, and ends in the sweep',
  },
  {
    id: 'sweep/erasures-wait',
    kind: 'limit',
    promises: [1],
    keeps: 'An erasure that waits for a lock keeps no other one from being ended by the sweep',
    without: {
      file: 'src/memory/erasure/conversation-erasure.service.ts',
      within: 'async resume(',
      find: ', LOCK_TIMEOUT_MS',
    },
    spec: 'src/memory/erasure/conversation-erasure.service.spec.ts',
    test: 'that cannot finish, because its leases are locked, holds up no other one',
  },
  {
    id: 'sweep/erasures-run',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep comes to what rooms above the queue have added: erasures',
    without: {
      file: processor,
      find: ', ...this.listAdded()',
    },
    spec: processorSpec,
    test: 'runs parts that rooms above the queue have added, each on its own',
  },
  {
    id: 'sweep/added-later',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep does what rooms add to it, though its first pass begins before all of them have',
    without: {
      file: processor,
      within: 'private listAdded()',
      find: 'this.additions.entries()',
      replace: '[...this.additions.entries()].slice(0, this.added.size)',
    },
    spec: processorSpec,
    test: 'does the parts that rooms add after its first pass, as while the application starts',
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
    test: 'lets the parts behind one that stalls wait for its head start only, and ends after its time',
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
    test: 'leaves out a part that still runs, and starts it again when it has ended',
  },
  {
    id: 'sweep/abandoned-part',
    kind: 'sweep part',
    promises: [1],
    keeps: 'A part that never ends is started anew after a minute',
    without: { file: part, find: ' && performance.now() - this.startedAt < ABANDONED_AFTER_MS' },
    spec: partSpec,
    test: 'restarts a part that has not ended for a minute, and does not mistake the end of the old run for its own',
  },
  {
    id: 'sweep/short-transactions',
    kind: 'lock',
    promises: [1],
    keeps: 'Work that comes round again does not wait for a lock for long',
    without: {
      file: 'src/platform/database/short-transaction.ts',
      find: "set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS)}, true)",
      replace: "set_config('lock_timeout', ${String(LOCK_TIMEOUT_MS * 1_000)}, true)",
    },
    spec: 'src/platform/database/short-transaction.spec.ts',
    test: 'fails while another session holds a lock that it needs',
  },
  {
    id: 'sweep/clock-set-back',
    kind: 'condition',
    promises: [1],
    keeps: 'A clock that is set back puts nothing off for longer than it was put off',
    without: {
      file: 'src/platform/database/deferred.ts',
      within: 'export function isDue(',
      find: ' OR ${now} < ${since}',
    },
    spec: 'src/platform/database/deferred.spec.ts',
    test: 'is deferred by the database’s clock, and due at once when that is set back',
  },
  {
    id: 'sweep/lease-from-before-the-clock-was-set',
    kind: 'condition',
    promises: [1],
    keeps: 'The sweep finds work whose lease was taken before the database’s clock was set back',
    without: {
      file: 'src/queue/lease/lease.repository.ts',
      within: 'export function isFreeLease(',
      find: "\n    OR (${end} > clock_timestamp() + ${ttl} AND ${end} < 'infinity')",
    },
    spec: sweepSpec,
    test: 'finds the same work when the database’s clock is set back, or right again, by an hour',
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
    test: 'reaches every waiting conversation, however many there are',
  },
  {
    id: 'sweep/waiting-messages',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep finds messages that wait',
    without: {
      file: sweep,
      within: 'export function dueWorkStatement(',
      find: "WHERE state = 'waiting' AND kind = 'message' AND conversation_id > ${after}::uuid",
      replace: 'WHERE false AND conversation_id > ${after}::uuid',
    },
    spec: sweepSpec,
    test: 'finds waiting messages, commands and replies, each for its lane',
  },
  {
    id: 'sweep/left-turns',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep finds turns that a dead worker left',
    without: {
      file: sweep,
      within: 'export function dueWorkStatement(',
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
      within: 'export function dueWorkStatement(',
      find: "WHERE state = 'waiting' AND kind <> 'message' AND",
      replace: 'WHERE false AND',
    },
    spec: sweepSpec,
    test: 'finds waiting messages, commands and replies, each for its lane',
  },
  {
    id: 'sweep/open-replies',
    kind: 'sweep part',
    promises: [1, 4],
    keeps: 'The sweep finds replies that are to be sent',
    without: {
      file: sweep,
      within: 'export function dueWorkStatement(',
      find: 'WHERE r.settled_at IS NULL AND',
      replace: 'WHERE false AND',
    },
    spec: sweepSpec,
    test: 'finds a reply whose sender died, and deferred replies once their pause is over',
  },
  {
    id: 'sweep/due-summaries',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep finds summaries that are due',
    without: {
      file: sweep,
      within: 'export function dueWorkStatement(',
      find: 'WHERE s.due_at IS NOT NULL AND',
      replace: 'WHERE false AND',
    },
    spec: sweepSpec,
    test: 'finds a due summary of an open conversation whose lane is idle',
  },
  {
    id: 'sweep/schedule-kept',
    kind: 'sweep part',
    promises: [1],
    keeps: 'The sweep runs again though Redis was emptied, or a clock was wrong',
    without: {
      file: 'src/queue/processing/schedule-keeper.ts',
      within: 'async ensure()',
      find: 'if (away < TOLERATED_ROUNDS * periodMs) return;',
      replace: 'if (away >= 0) return;',
    },
    spec: 'src/queue/processing/schedule-keeper.spec.ts',
    test: 'replaces a schedule that a machine whose clock is ahead has set',
  },
];

/** One job a conversation in a lane, and one behind it. */
const laneGuards: readonly Guard[] = [
  {
    id: 'delivery/direct-not-left-behind',
    kind: 'condition',
    promises: [1],
    keeps: 'A reply that is written while its conversation is being delivered does not wait for the sweep',
    without: { file: direct, find: ' || isMoreWritten' },
    spec: directSpec,
    test: 'that is written during the sends is not left behind',
  },
  {
    id: 'delivery/direct-limit',
    kind: 'limit',
    promises: [7],
    keeps: 'A process sends its replies in no more conversations at once than the lane does',
    without: { file: direct, find: 'this.underWay.size >= MOST_AT_ONCE || ' },
    spec: directSpec,
    test: 'is left to the lane where many are under way',
  },
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
    test: 'turns five wake-ups during a run into one more run, which begins after it',
  },
];

const deadLetters: readonly Guard[] = [
  {
    id: 'dead-letter/one-replay',
    kind: 'condition',
    promises: [6],
    keeps: 'Of two replays at the same time one has an effect',
    without: {
      file: letters,
      within: 'private async takeLetter(',
      find: 'const { count } = await tx.deadLetter.deleteMany({ where: { id } });',
      replace: 'const count = 1;',
    },
    spec: lettersSpec,
    test: 'are replayed once by two concurrent calls',
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
    test: 'let a turn continue with its own messages, and wake its lane',
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
    test: 'send a failed reply again',
  },
];

export const queueGuards: readonly Guard[] = [...sweeps, ...laneGuards, ...deadLetters];

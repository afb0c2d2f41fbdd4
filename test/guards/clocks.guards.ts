import type { Guard } from './guard.js';

const errors = 'src/platform/errors/unreachable.ts';
const trouble = 'src/platform/database/database-trouble.spec.ts';
const setClock = 'src/agent/loop/set-clock.spec.ts';

/** Guards that hold whatever the clocks say. */
const clocks: readonly Guard[] = [
  {
    id: 'clock/replay-dated',
    kind: 'condition',
    promises: [3],
    keeps: 'What waited before a replay was taken up does not interrupt it',
    without: {
      file: 'src/agent/turns/turn.repository.ts',
      within: 'async takeOver(',
      find: 'if (turn.availableAt.getTime() === 0)',
      replace: 'if (turn.takeovers < 0)',
    },
    spec: 'src/agent/loop/busy/not-interrupted.spec.ts',
    test: 'by messages that waited before its replay began',
  },
  {
    id: 'clock/age-of-message',
    kind: 'condition',
    promises: [1],
    keeps: 'A message that seems to be of the future is not waited for until then',
    without: {
      file: 'src/agent/turns/lane-state.repository.ts',
      within: 'function waitingMessages(',
      find: 'abs(extract(epoch FROM clock_timestamp() - received_at))',
      replace: '(extract(epoch FROM clock_timestamp() - received_at))',
    },
    spec: setClock,
    test: 'lets a collecting chat’s message wait no longer than any other',
  },
  {
    id: 'clock/flood-windows',
    kind: 'condition',
    promises: [1],
    keeps: 'Nobody waits for an hour that comes twice, to be sent something',
    without: {
      file: 'src/delivery/flood/flood-windows.repository.ts',
      within: 'async lock(',
      find: 'if (rows.some(isAhead)) {',
      replace: 'if (rows.some(isAhead) && rows.length > 2) {',
    },
    spec: 'src/delivery/flood/flood-gate.spec.ts',
    test: 'adds no wait for an hour that comes twice, and keeps the limits and the pauses',
  },
  {
    id: 'clock/within',
    kind: 'condition',
    promises: [1],
    keeps: 'What seems to lie ahead is not taken for recent',
    without: {
      file: 'src/platform/database/deferred.ts',
      within: 'export function isWithin(',
      find: "BETWEEN ${clock} - ${ms} * interval '1 ms' AND ${clock}",
      replace: "> ${clock} - ${ms} * interval '1 ms'",
    },
    spec: 'src/platform/database/deferred.spec.ts',
    test: 'counts a moment in the future as long ago',
  },
  {
    id: 'clock/write-repeated',
    kind: 'limit',
    promises: [5],
    keeps: 'What has happened is written again for ten seconds, whatever the machine’s clock is set to',
    without: {
      file: 'src/platform/database/retry-write.ts',
      find: `const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof TurnpikeError || performance.now() > until) throw error;`,
      replace: `const until = Date.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await write();
    } catch (error) {
      if (error instanceof TurnpikeError || Date.now() > until) throw error;`,
    },
    spec: 'src/platform/database/retry-write.spec.ts',
    test: 'gives up after ten seconds, though the clock is set by 3600000 ms meanwhile',
  },
];

/** Each by itself: the meaning of one error of the database. */
const states: readonly Guard[] = [
  ['25006', '|25006', 'A read-only database', 'when it is read-only'],
  [
    '55p03',
    '|55P03',
    'A lock that is not to be had',
    'when a lock is not available in time, or is refused by a deadlock',
  ],
  ['p2028', 'P2028 ', 'A transaction over its time', 'when a statement takes too long, and a transaction'],
].map(([id = '', find = '', what = '', test = '']): Guard => ({
  id: `database/trouble-${id}`,
  kind: 'condition',
  promises: [6],
  keeps: `${what} is the database’s trouble, not the work’s`,
  without: { file: errors, find },
  spec: trouble,
  test,
}));

export const clockGuards: readonly Guard[] = [...clocks, ...states];

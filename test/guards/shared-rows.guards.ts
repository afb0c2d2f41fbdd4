import type { Guard } from './guard.js';

const sweepSpec = 'src/workers/sweep.processor.spec.ts';
const claim = 'src/agent/turns/event-claim.ts';
const migrationService = 'src/memory/chat-migration/chat-migration.service.ts';

/** Rows that conversations share, or that sweeps read of all of them. */
export const sharedRowGuards: readonly Guard[] = [
  {
    id: 'people/by-id',
    kind: 'order',
    promises: [1],
    keeps: 'Two groups that hear the same people do not wait for each other in a circle',
    without: {
      file: 'src/memory/person.repository.ts',
      within: 'async rememberAll(',
      find: '.toSorted((one, other) => (one.userId < other.userId ? -1 : 1))',
    },
    spec: 'src/memory/person.repository.spec.ts',
    test: 'are locked by their ids, in any order of messages: two groups cannot deadlock',
  },
  {
    id: 'approval/overdue-passes-over',
    kind: 'lock',
    promises: [1],
    keeps: 'An approval whose turn is locked keeps no other one from ending',
    without: {
      file: 'src/agent/approvals/approval.repository.ts',
      within: 'async overdue(',
      find: 'FOR UPDATE OF t, a SKIP LOCKED',
      replace: 'FOR UPDATE OF t, a',
    },
    spec: sweepSpec,
    test: 'skips a conversation whose turns is locked',
  },
  {
    id: 'pairing/overdue-passes-over',
    kind: 'lock',
    promises: [1],
    keeps: 'A request to be let in that is locked keeps no other one from ending',
    without: {
      file: 'src/access/pairing.repository.ts',
      find: 'FOR UPDATE OF p SKIP LOCKED',
      replace: 'FOR UPDATE OF p',
    },
    spec: sweepSpec,
    test: 'skips a conversation whose pairings is locked',
  },
  {
    id: 'interrupt/one-epoch',
    kind: 'condition',
    promises: [3],
    keeps: 'What is behind a /reset does not interrupt a turn that was asked for before it',
    without: {
      file: 'src/agent/turns/turn-claim.repository.ts',
      within: 'async ofEpoch(',
      find: 'return first.epoch === epoch ? first.owned : [];',
      replace: 'return candidates;',
    },
    spec: 'src/agent/loop/busy/not-interrupted.spec.ts',
    test: 'by messages behind a /reset: each is answered in its own epoch',
  },
  {
    id: 'interrupt/by-the-invited',
    kind: 'condition',
    promises: [3],
    keeps: 'Nobody who is not let in interrupts a turn',
    without: {
      file: claim,
      within: 'async interrupting(',
      find: 'await this.invited(lease, { conversation, waiting })',
      replace: '{ candidates: waiting.map((event) => this.read(event, conversation)) }',
    },
    spec: 'src/agent/loop/busy/interruptions-under-way.spec.ts',
    test: 'is not aborted by a person who is blocked',
  },
  {
    id: 'migration/budgets',
    kind: 'condition',
    promises: [7],
    keeps: 'A chat that migrates takes along what it has used and reserved',
    without: {
      file: migrationService,
      find: 'await this.budgets.move(tx, `${channel}:${fromChatId}`, `${channel}:${toChatId}`);',
    },
    spec: 'src/memory/chat-migration/chat-migration.service.spec.ts',
    test: 'keeps the chat’s used and reserved budget',
  },
];

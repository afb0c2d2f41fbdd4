import type { Guard } from './guard.js';

const sweepSpec = 'src/queue/sweep.processor.spec.ts';
const claim = 'src/agent/turn/event-claim.ts';
const moves = 'src/moves/chat-moves.ts';

/** Rows that conversations share, or that whoever sweeps wants of all of them. */
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
    test: 'are locked by their ids, whoever spoke first: two groups do not wait for each other',
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
    test: 'passes over a conversation whose turns somebody has locked',
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
    test: 'passes over a conversation whose pairings somebody has locked',
  },
  {
    id: 'interrupt/one-epoch',
    kind: 'condition',
    promises: [3],
    keeps: 'What is behind a /reset does not interrupt a turn that was asked for before it',
    without: {
      file: 'src/agent/turn/turn.repository.ts',
      within: 'async ofEpoch(',
      find: 'return first.epoch === epoch ? first.owned : [];',
      replace: 'return candidates;',
    },
    spec: 'src/agent/busy/not-interrupted.spec.ts',
    test: 'by what comes behind a /reset: each is answered in its own beginning',
  },
  {
    id: 'interrupt/by-the-invited',
    kind: 'condition',
    promises: [3],
    keeps: 'Nobody who is not let in interrupts a turn',
    without: {
      file: claim,
      within: 'async interrupting(',
      find: 'await this.invited(lease, conversation)',
      replace:
        '{ candidates: (await this.turns.waiting(conversation.id, MAX_EVENTS)).map((event) => this.read(event, conversation)) }',
    },
    spec: 'src/agent/busy/interruptions-under-way.spec.ts',
    test: 'is not broken off by somebody who is blocked',
  },
  {
    id: 'move/budgets',
    kind: 'condition',
    promises: [7],
    keeps: 'A chat that moves takes along what it has used and reserved',
    without: {
      file: moves,
      find: 'await this.budgets.move(tx, `${channel}:${fromChatId}`, `${channel}:${toChatId}`);',
    },
    spec: 'src/moves/chat-moves.spec.ts',
    test: 'takes along what the chat has used and reserved',
  },
];

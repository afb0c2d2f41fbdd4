import type { AllowedCrossing, AllowedRepeat } from './crossings.js';

/** Orders that cross in theory only. */
export const allowedCrossings: readonly AllowedCrossing[] = [
  {
    transaction: /^(?:update events|delete from \w+) [^\n]* limit \$2 for update skip locked\)\)$/,
    reason: 'A batch of an erasure: since its first commit nobody else gets at rows of the conversation.',
  },
  {
    transaction: /\ndelete from conversations where id = \$1::uuid and erased_at is not null$/,
    reason: 'The last commit of an erasure, as its batches.',
  },
  {
    transaction: /(?:^|\n)delete from conversations where \(conversations\.id = \$1 and 1=1\)/,
    reason: 'Specs delete a conversation as a whole; the product takes an erased one away in stages.',
  },
  {
    transaction:
      /^with (?:released as \( delete from budget_reservations|dropped as \( delete from summary_reservations)[^\n]*$/,
    reason: 'Specs settle by itself what the product settles behind the lease of its lane.',
  },
  {
    transaction: /^insert into \w+ [^\n]*\bgen_random_uuid\(\)[^\n]*$/,
    reason: 'Specs fill tables; the product makes its ids itself.',
  },
  {
    transaction: /^insert into approvals \([^\n]*$/,
    reason: 'Specs make an approval by itself; the product does so behind the lease, by SQL of its own.',
  },
  {
    transaction: /\nselect 1 from replies where message_id = \$1 order by id for update\n/,
    other: /\nselect 1 from replies where question_id = \$1::uuid order by id for update/,
    reason: 'A reply is an answer or a question: no row is both.',
  },
];

/** Statements that lock row after row of a shared table, in one order. */
export const allowedRepeats: readonly AllowedRepeat[] = [
  {
    statement: /^insert into people [^\n]*$/,
    reason: 'By their ids: PersonRepository.rememberAll.',
  },
  {
    statement: /^(insert into|update) coalescing_windows /,
    reason: 'Behind the lock of their source. A transaction that closes one locks no other.',
  },
];

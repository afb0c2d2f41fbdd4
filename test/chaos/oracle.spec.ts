import { describe, expect, it } from 'vitest';
import { type Evidence, judge } from './oracle.js';
import type { Records } from './records.js';

const CHAT = 7;
const [FIRST, SECOND] = ['q1c0n0z', 'q1c0n1z'];

const sentAs = (token: string, updateId: number) => ({
  chat: CHAT,
  token,
  text: token,
  pauseMs: 0,
  again: null,
  updateId,
});
const event = (updateId: number, turnId: string) => ({
  id: String(updateId),
  updateId,
  chat: CHAT,
  state: 'done',
  turnId,
});
const turn = (id: string) => ({ id, chat: CHAT, state: 'done', errorCode: null });
const step = (turnId: string, committedAt: number) => ({
  turnId,
  index: 0,
  kind: 'model' as const,
  output: null,
  committedAt,
});
const message = (role: string, text: string, turnId: string) => ({ chat: CHAT, role, text, turnId });
const reply = (id: string, text: string, state = 'sent') => ({ id, chat: CHAT, turnId: id, text, state });
const request = (token: string, arrivedAt: number, caller = 'worker0-1') => ({
  tokens: [token],
  index: 0,
  toolResults: [],
  caller,
  arrivedAt,
  answered: true,
});

const records: Records = {
  events: [event(1, 'a'), event(2, 'b')],
  turns: [turn('a'), turn('b')],
  steps: [step('a', 100), step('b', 200)],
  messages: [
    message('user', FIRST, 'a'),
    message('assistant', `heard ${FIRST}`, 'a'),
    message('user', SECOND, 'b'),
    message('assistant', `heard ${SECOND}`, 'b'),
  ],
  replies: [reply('a', `heard ${FIRST}`), reply('b', `heard ${SECOND}`)],
  deadLetters: [],
};
const [one, two] = [
  { chat: CHAT, text: `heard ${FIRST}` },
  { chat: CHAT, text: `heard ${SECOND}` },
];
/** Two messages, each answered in a turn of its own. */
const healthy: Evidence = {
  sent: [sentAs(FIRST, 1), sentAs(SECOND, 2)],
  records,
  shown: [one, two],
  requests: [request(FIRST, 90), request(SECOND, 190)],
  loggedSteps: [
    { turnId: 'a', index: 0 },
    { turnId: 'b', index: 0 },
  ],
  suspensions: [],
  disturbed: new Set(),
  databaseDisturbed: false,
  leaseTtlMs: 1_000,
};

const promisesBroken = (change: Partial<Evidence>): string[] => [
  ...new Set(judge({ ...healthy, ...change }).violations.map(({ promise }) => promise)),
];
const withRecords = (change: Partial<Records>): Partial<Evidence> => ({ records: { ...records, ...change } });

describe('The oracle', () => {
  it('finds nothing where all is well', () => {
    expect(judge(healthy)).toMatchObject({
      violations: [],
      figures: { messages: 2, turns: 2, uncertain: 0, extras: 0, unsaid: 0, askedAgain: 0 },
    });
  });

  it.each<[string, Partial<Evidence>, string]>([
    ['an accepted message without an event', withRecords({ events: [event(1, 'a')] }), 'lost'],
    [
      'an event that is not done',
      withRecords({ events: [event(1, 'a'), { ...event(2, 'b'), state: 'waiting' }] }),
      'lost',
    ],
    [
      'a failed turn without a dead letter',
      withRecords({
        events: [event(1, 'a'), { ...event(2, 'b'), state: 'dead' }],
        turns: [turn('a'), { ...turn('b'), state: 'failed' }],
      }),
      'lost',
    ],
    ['a reply recorded as sent that nobody saw', { shown: [one] }, 'lost'],
    ['answers in the wrong order', { shown: [two, one] }, 'order'],
    ['a history in the wrong order', withRecords({ messages: records.messages.toReversed() }), 'order'],
    ['an answer shown twice and recorded once', { shown: [one, two, two] }, 'twice'],
    [
      'a turn with two answers',
      withRecords({ messages: [...records.messages, message('assistant', 'again', 'b')] }),
      'twice',
    ],
    [
      'an uncertain answer shown three times',
      {
        ...withRecords({
          replies: [reply('a', `heard ${FIRST}`, 'uncertain'), reply('b', `heard ${SECOND}`)],
        }),
        shown: [one, one, one, two],
      },
      'twice',
    ],
    [
      'a finished step asked for again',
      { requests: [...healthy.requests, { ...request(FIRST, 101, 'worker1-1'), answered: false }] },
      'repeated',
    ],
    [
      'a finished call thrown away for no reason',
      { requests: [...healthy.requests, request(FIRST, 95, 'worker1-1')] },
      'repeated',
    ],
    [
      'a step finished twice',
      { loggedSteps: [...healthy.loggedSteps, { turnId: 'a', index: 0 }] },
      'repeated',
    ],
  ])('finds %s', (_what, change, promise) => {
    expect(promisesBroken(change)).toContain(promise);
  });

  it('lets a process that was suspended ask once more for what was finished meanwhile, but not for long', () => {
    const late = (arrivedAt: number): Partial<Evidence> => ({
      requests: [...healthy.requests, request(FIRST, arrivedAt, 'worker1-1')],
      suspensions: [{ caller: 'worker1-1', from: 50, until: 5_000 }],
    });
    expect(promisesBroken(late(5_100))).toEqual([]);
    expect(promisesBroken(late(6_100))).toEqual(['repeated']);
  });

  it('takes one extra for granted where the record says that the outcome is unknown', () => {
    const replies = [reply('a', `heard ${FIRST}`, 'uncertain'), reply('b', `heard ${SECOND}`)];
    const seen = { ...healthy, ...withRecords({ replies }), shown: [one, two, one] };
    expect(judge(seen)).toMatchObject({ violations: [], figures: { uncertain: 1, extras: 1 } });
  });
});

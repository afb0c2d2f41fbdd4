import { describe, expect, it } from 'vitest';
import type { Evidence, PromiseName } from './evidence.js';
import {
  CHAT,
  event,
  FIRST,
  healthy,
  records,
  reply,
  request,
  SECOND,
  send,
  withRecords,
} from './evidence.fixture.js';
import { judge } from './oracle.js';
import type { Strike } from './strikes.js';

const promisesBroken = (change: Partial<Evidence>): PromiseName[] => [
  ...new Set(judge({ ...healthy, ...change }).violations.map(({ promise }) => promise)),
];

const [one, two] = healthy.shown as [Evidence['shown'][number], Evidence['shown'][number]];
const uncertain = [
  reply('a', `heard ${FIRST}`, { state: 'uncertain' }),
  reply('b', `heard ${SECOND}`, { state: 'uncertain' }),
];
const struck = (strike: Partial<Strike> & Pick<Strike, 'from' | 'until'>): Strike => ({
  kind: 'death',
  caller: 'worker0-1',
  ...strike,
});

describe('The oracle', () => {
  it('finds nothing where all is well', () => {
    expect(judge(healthy)).toMatchObject({
      violations: [],
      figures: { messages: 2, turns: 2, uncertain: 0, extras: 0, unsaid: 0, askedAgain: 0 },
    });
  });

  it.each<[string, Partial<Evidence>, PromiseName]>([
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
        turns: records.turns.map((turn) => (turn.id === 'b' ? { ...turn, state: 'failed' } : turn)),
      }),
      'lost',
    ],
    ['a reply recorded as sent that nobody saw', { shown: [one] }, 'lost'],
    [
      'answers in the wrong order',
      {
        shown: [
          { ...one, text: two.text },
          { ...two, text: one.text },
        ],
        ...withRecords({
          replies: [
            reply('a', `heard ${FIRST}`, { channelMessageId: two.messageId }),
            reply('b', `heard ${SECOND}`, { channelMessageId: one.messageId }),
          ],
        }),
      },
      'order',
    ],
    ['a history in the wrong order', withRecords({ messages: records.messages.toReversed() }), 'order'],
    [
      'an answer shown twice and recorded once',
      {
        shown: [one, two, { ...two, messageId: 13 }],
        calls: [...healthy.calls, send(`heard ${SECOND}`, 13, 260)],
      },
      'twice',
    ],
    [
      'a turn with two answers',
      withRecords({
        messages: [...records.messages, { chat: CHAT, role: 'assistant', text: 'again', turnId: 'b' }],
      }),
      'twice',
    ],
    [
      'a finished step asked for again',
      { requests: [...healthy.requests, request(FIRST, 101, { caller: 'worker1-1', answeredAt: null })] },
      'repeated',
    ],
    [
      'a finished call thrown away for no reason',
      { requests: [...healthy.requests, request(FIRST, 95)] },
      'repeated',
    ],
    [
      'a step finished twice',
      { loggedSteps: [...healthy.loggedSteps, { turnId: 'a', index: 0, at: 0 }] },
      'repeated',
    ],
    [
      'a dead letter of an event',
      withRecords({ deadLetters: [{ kind: 'event', subjectId: '1', reason: 'NO_REASON' }] }),
      'dead',
    ],
  ])('finds %s', (_what, change, promise) => {
    expect(promisesBroken(change)).toContain(promise);
  });

  it('lets a process that was paused ask once more for what was finished meanwhile, but not for long', () => {
    const late = (arrivedAt: number): Partial<Evidence> => ({
      requests: [...healthy.requests, request(FIRST, arrivedAt, { caller: 'worker1-1' })],
      strikes: [struck({ kind: 'pause', caller: 'worker1-1', from: 50, until: 5_000 })],
    });
    expect(promisesBroken(late(5_100))).toEqual([]);
    expect(promisesBroken(late(6_100))).toEqual(['repeated']);
  });

  it('takes one extra for granted where a fault made the outcome unknown, and not a second one', () => {
    const copies = (times: number): Partial<Evidence> => ({
      ...withRecords({
        replies: [reply('a', `heard ${FIRST}`, { state: 'uncertain' }), reply('b', `heard ${SECOND}`)],
      }),
      shown: [...Array.from({ length: times }, (_, index) => ({ ...one, messageId: 5 + index })), one, two],
      calls: [
        ...Array.from({ length: times }, (_, index) =>
          send(`heard ${FIRST}`, 5 + index, 110, { toldAt: null, fault: 'reset-after' as const }),
        ),
        ...healthy.calls,
      ],
    });
    expect(judge({ ...healthy, ...copies(1) })).toMatchObject({
      violations: [],
      figures: { uncertain: 1, extras: 1 },
    });
    expect(promisesBroken(copies(2))).toContain('twice');
  });

  it('lets a killed sender leave one reply uncertain that it never sent, in each chat', () => {
    const strikes = [struck({ from: 115, until: 115 })];
    const first = withRecords({
      replies: [reply('a', `heard ${FIRST}`, { state: 'uncertain' }), reply('b', `heard ${SECOND}`)],
    });
    // The send that is seen is the second one, by another process.
    const calls = [
      send(`heard ${FIRST}`, 11, 2_000, { caller: 'worker1-1' }),
      send(`heard ${SECOND}`, 12, 2_050),
    ];
    expect(promisesBroken({ ...first, calls, strikes })).toEqual([]);
    expect(promisesBroken({ ...first, calls })).toEqual(['uncertain']);
    expect(promisesBroken({ ...withRecords({ replies: uncertain }), calls, strikes })).toEqual(['uncertain']);
  });
});

/** The runs that the first oracle passed. */
describe('The oracle objects where', () => {
  const dead = (id: string) => ({ kind: 'turn', subjectId: id, reason: 'TURN_POISON' });

  it.each<[string, Partial<Evidence>, PromiseName]>([
    [
      'nothing was ever sent, and all is uncertain',
      {
        ...withRecords({
          replies: uncertain.map((each) => ({ ...each, channelMessageId: null })),
          deadLetters: ['a', 'b'].map((subjectId) => ({
            kind: 'reply',
            subjectId,
            reason: 'SEND_OUTCOME_UNKNOWN',
          })),
        }),
        shown: [],
        calls: [],
      },
      'uncertain',
    ],
    [
      'everything is shown twice, and all is uncertain',
      {
        ...withRecords({ replies: uncertain }),
        shown: [{ ...one, messageId: 5 }, one, { ...two, messageId: 11.5 }, two],
        calls: [send(one.text, 5, 105), ...healthy.calls, send(two.text, 11.5, 205)],
      },
      'uncertain',
    ],
    [
      'each send is broken off by its caller, shown twice, and uncertain',
      {
        ...withRecords({ replies: uncertain }),
        shown: [{ ...one, messageId: 5 }, one, { ...two, messageId: 11.5 }, two],
        calls: [send(one.text, 5, 105), ...healthy.calls, send(two.text, 11.5, 205)].map((call) => ({
          ...call,
          toldAt: null,
        })),
      },
      'uncertain',
    ],
    [
      'each call of the model is broken off by its caller, and its turn given up',
      {
        ...withRecords({
          events: [event(1, 'a'), { ...event(2, 'b'), state: 'dead' }],
          turns: records.turns.map((turn) =>
            turn.id === 'b' ? { ...turn, state: 'failed', errorCode: 'MODEL_TIMEOUT' } : turn,
          ),
          deadLetters: [{ ...dead('b'), reason: 'MODEL_TIMEOUT' }],
        }),
        requests: [
          ...healthy.requests,
          ...[150, 160, 170, 180, 190].map((at) => request(SECOND, at, { answeredAt: null })),
        ],
      },
      'dead',
    ],
    [
      'a turn ran out of time of which two faults together took a part that each of them took',
      {
        ...withRecords({
          events: [event(1, 'a'), { ...event(2, 'b'), state: 'dead' }],
          turns: records.turns.map((turn) =>
            turn.id === 'b' ? { ...turn, state: 'failed', errorCode: 'TURN_TIMEOUT' } : turn,
          ),
          deadLetters: [{ ...dead('b'), reason: 'TURN_TIMEOUT' }],
        }),
        strikes: [1, 2].map(() => struck({ kind: 'database', caller: null, from: 500, until: 1_500 })),
      },
      'dead',
    ],
    [
      'every turn is a dead letter with an apology',
      {
        ...withRecords({
          events: [event(1, 'a'), event(2, 'b')].map((each) => ({ ...each, state: 'dead' })),
          turns: records.turns.map((turn) => ({ ...turn, state: 'failed', errorCode: 'TURN_POISON' })),
          messages: records.messages.map((each) =>
            each.role === 'user' ? each : { ...each, text: 'Sorry' },
          ),
          replies: [reply('a', 'Sorry'), reply('b', 'Sorry')],
          deadLetters: [dead('a'), dead('b')],
        }),
        shown: healthy.shown.map((message) => ({ ...message, text: 'Sorry' })),
        calls: healthy.calls.map((call) => ({ ...call, text: 'Sorry' })),
      },
      'dead',
    ],
    [
      'a model call is repeated before its step, though the database was broken at another time',
      {
        requests: [request(FIRST, 70), request(FIRST, 80), ...healthy.requests],
        strikes: [struck({ kind: 'database', caller: null, from: 60_000, until: 61_000 })],
      },
      'repeated',
    ],
    [
      'it is repeated three times for one fault of the database',
      {
        requests: [request(FIRST, 70), request(FIRST, 80), ...healthy.requests],
        strikes: [struck({ kind: 'database', caller: null, from: 75, until: 76 })],
      },
      'repeated',
    ],
    [
      'a draft stays for good beside an uncertain reply',
      {
        ...withRecords({
          replies: [reply('a', `heard ${FIRST}`), reply('b', `heard ${SECOND}`, { state: 'uncertain' })],
        }),
        shown: [one, { ...two, text: 'heard ▌' }],
      },
      'stale',
    ],
    [
      'answers are swapped, and both are uncertain',
      {
        ...withRecords({
          replies: [
            reply('a', two.text, { state: 'uncertain', channelMessageId: 11 }),
            reply('b', one.text, { state: 'uncertain', channelMessageId: 12 }),
          ],
        }),
        shown: [
          { ...one, text: two.text },
          { ...two, text: one.text },
        ],
      },
      'lost',
    ],
  ])('%s', (_what, change, promise) => {
    expect(promisesBroken(change)).toContain(promise);
  });
});

import { describe, expect, it } from 'vitest';
import type { Evidence } from './evidence.js';
import { CHAT, event, reply, request, send } from './evidence.fixture.js';
import { judge } from './oracle.js';
import { Seeded } from './seeded.js';

const RUNS = 25;

/** A round of several chats, each message answered in a turn of its own, with nothing out of order. */
function healthyRound(random: Seeded): Evidence {
  const chats = Array.from({ length: random.int(1, 4) }, (_, index) => CHAT + index);
  const all = chats.flatMap((chat, place) =>
    Array.from({ length: random.int(2, 5) }, (_, n) => {
      const number = place * 10 + n;
      return { chat, turn: `t${number}`, token: `q1c${place}n${n}z`, number, at: 1_000 * n + 100 };
    }),
  );
  return {
    sent: all.map(({ chat, token, number }) => ({ chat, token, updateId: number, sentAt: 0, acceptedAt: 0 })),
    terms: new Map(),
    records: {
      events: all.map(({ number, turn }) => event(number, turn)),
      turns: all.map(({ chat, turn }) => ({ id: turn, chat, state: 'done', errorCode: null })),
      steps: all.map(({ turn, at }) => ({
        turnId: turn,
        index: 0,
        kind: 'model' as const,
        name: 'double',
        error: null,
        output: null,
        committedAt: at + 10,
      })),
      messages: all.flatMap(({ chat, turn, token }) => [
        { chat, role: 'user', text: token, turnId: turn },
        { chat, role: 'assistant', text: `heard ${token}`, turnId: turn },
      ]),
      replies: all.map(({ chat, turn, token, number }) =>
        reply(turn, `heard ${token}`, { chat, channelMessageId: number }),
      ),
      deadLetters: [],
      schedules: [],
      facts: [],
      approvals: [],
      budgets: [],
      traces: [],
    },
    shown: all.map(({ chat, token, number }) => ({
      chat,
      place: chat,
      messageId: number,
      text: `heard ${token}`,
    })),
    calls: all.map(({ chat, token, number, at }) => send(`heard ${token}`, number, at + 20, { chat })),
    requests: all.map(({ token, at }) => request(token, at)),
    loggedSteps: all.map(({ turn }) => ({ turnId: turn, index: 0, at: 0 })),
    erasedAt: new Map(),
    strikes: [],
    leaseTtlMs: 1_000,
    turnTimeoutMs: 6_000,
  };
}

type Harm = (round: Evidence, random: Seeded) => Evidence;

/** Changes one item of a list. */
function changeOne<T>(items: readonly T[], random: Seeded, how: (item: T) => readonly T[]): T[] {
  const which = random.int(0, items.length - 1);
  return items.flatMap((item, index) => (index === which ? how(item) : [item]));
}

const inRecords =
  (how: (records: Evidence['records'], random: Seeded) => Partial<Evidence['records']>): Harm =>
  (round, random) => ({ ...round, records: { ...round.records, ...how(round.records, random) } });

const shownTwice = (round: Evidence, which: readonly number[]): Partial<Evidence> => ({
  shown: [
    ...round.shown,
    ...which.map((index) => ({
      ...(round.shown[index] ?? { chat: 0, place: 0, text: '' }),
      messageId: 1_000 + index,
    })),
  ],
  calls: [
    ...round.calls,
    ...which.map((index) => ({ ...(round.calls[index] ?? send('', 0, 0)), messageId: 1_000 + index })),
  ],
});

/** Faults of a product in healthy surroundings. */
const harms: Readonly<Record<string, Harm>> = {
  'an event is lost': inRecords(({ events }, random) => ({ events: changeOne(events, random, () => []) })),
  'an event is there twice': inRecords(({ events }, random) => ({
    events: changeOne(events, random, (one) => [one, one]),
  })),
  'an event is dropped': inRecords(({ events }, random) => ({
    events: changeOne(events, random, (one) => [{ ...one, state: 'dropped', turnId: null }]),
  })),
  'a turn is cancelled': inRecords(({ turns }, random) => ({
    turns: changeOne(turns, random, (one) => [{ ...one, state: 'cancelled', errorCode: 'INTERRUPTED' }]),
  })),
  'a turn is a dead letter': inRecords(({ turns, events, replies, messages, deadLetters }, random) => {
    const { id } = random.pick(turns);
    return {
      turns: turns.map((one) => (one.id === id ? { ...one, state: 'failed', errorCode: 'MODEL_500' } : one)),
      events: events.map((one) => (one.turnId === id ? { ...one, state: 'dead' } : one)),
      replies: replies.map((one) => (one.turnId === id ? { ...one, text: 'Sorry' } : one)),
      messages: messages.map((one) =>
        one.turnId === id && one.role === 'assistant' ? { ...one, text: 'Sorry' } : one,
      ),
      deadLetters: [...deadLetters, { kind: 'turn', subjectId: id, reason: 'MODEL_500' }],
    };
  }),
  'a message is missing in the history': inRecords(({ messages }, random) => ({
    messages: changeOne(messages, random, () => []),
  })),
  'a reply is uncertain': inRecords(({ replies }, random) => ({
    replies: changeOne(replies, random, (one) => [{ ...one, state: 'uncertain' }]),
  })),
  'a reply is pending': inRecords(({ replies }, random) => ({
    replies: changeOne(replies, random, (one) => [{ ...one, state: 'pending' }]),
  })),
  'a turn has no reply': inRecords(({ replies }, random) => ({
    replies: changeOne(replies, random, () => []),
  })),
  'a turn has two replies': inRecords(({ replies }, random) => ({
    replies: changeOne(replies, random, (one) => [one, one]),
  })),
  'a reply is of no turn': inRecords(({ replies }, random) => ({
    replies: changeOne(replies, random, (one) => [{ ...one, turnId: null }]),
  })),
  'a step is finished twice': (round, random) => ({
    ...round,
    loggedSteps: changeOne(round.loggedSteps, random, (one) => [one, one]),
  }),
  'a call is repeated before its step': (round, random) => ({
    ...round,
    requests: changeOne(round.requests, random, (one) => [one, one]),
  }),
  'a call is repeated after its step': (round, random) => ({
    ...round,
    requests: changeOne(round.requests, random, (one) => [
      one,
      { ...one, arrivedAt: one.arrivedAt + 11, answeredAt: null },
    ]),
  }),
  'a message is not shown': (round, random) => ({
    ...round,
    shown: changeOne(round.shown, random, () => []),
  }),
  'a message is stale': (round, random) => ({
    ...round,
    shown: changeOne(round.shown, random, (one) => [{ ...one, text: `${one.text.slice(0, 6)} ▌` }]),
  }),
  'a message is shown twice': (round, random) => ({
    ...round,
    ...shownTwice(round, [random.int(0, round.shown.length - 1)]),
  }),
  'all is shown twice, and all is uncertain': (round) => ({
    ...round,
    ...shownTwice(round, [...round.shown.keys()]),
    records: {
      ...round.records,
      replies: round.records.replies.map((one) => ({ ...one, state: 'uncertain' })),
    },
  }),
  'nothing is shown, and all is given up': (round) => ({
    ...round,
    shown: [],
    calls: [],
    records: {
      ...round.records,
      replies: round.records.replies.map((one) => ({ ...one, state: 'uncertain', channelMessageId: null })),
      deadLetters: round.records.replies.map(({ id }) => ({
        kind: 'reply',
        subjectId: id,
        reason: 'SEND_OUTCOME_UNKNOWN',
      })),
    },
  }),
  'two answers are swapped': (round, random) => {
    const first = random.int(0, round.records.replies.length - 2);
    const text = (index: number) => {
      const other = index === first ? first + 1 : index === first + 1 ? first : index;
      return round.records.replies[other]?.text ?? '';
    };
    return {
      ...round,
      shown: round.shown.map((one, index) => ({ ...one, text: text(index) })),
      calls: round.calls.map((one, index) => ({ ...one, text: text(index) })),
      records: {
        ...round.records,
        replies: round.records.replies.map((one, index) => ({ ...one, text: text(index) })),
      },
    };
  },
};

/** A fault at another time, or of a process that sends nothing, explains nothing. */
const elsewhere: Evidence['strikes'] = [
  { kind: 'database', caller: null, from: 900_000, until: 901_000 },
  { kind: 'pause', caller: 'web0-1', from: 0, until: 900_000 },
];

describe('The oracle passes a healthy round, and objects where', () => {
  it('is not disturbed by faults that nothing came of', () => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const round = healthyRound(new Seeded(seed));
      expect(judge(round).violations).toEqual([]);
      expect(judge({ ...round, strikes: elsewhere }).violations).toEqual([]);
    }
  });

  it.each(Object.keys(harms))('%s', (name) => {
    for (let seed = 1; seed <= RUNS; seed += 1) {
      const random = new Seeded(seed);
      const round = { ...healthyRound(random), strikes: elsewhere };
      expect(judge(harms[name]?.(round, random) ?? round).violations, `seed ${seed}`).not.toEqual([]);
    }
  });
});

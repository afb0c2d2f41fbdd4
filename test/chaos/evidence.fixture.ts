import type { ModelRequest } from './chaos-model.js';
import type { Evidence } from './evidence.js';
import type { EventRecord, Records, ReplyRecord } from './records.js';
import type { TelegramCall } from './telegram-proxy.js';

export const CHAT = 7;
export const FIRST = 'q1c0n0z';
export const SECOND = 'q1c0n1z';

export const event = (updateId: number, turnId: string): EventRecord => ({
  id: String(updateId),
  updateId,
  state: 'done',
  turnId,
});

/** In the message 11 or 12, for its turn `a` or `b`. */
export const reply = (id: string, text: string, change: Partial<ReplyRecord> = {}): ReplyRecord => ({
  id,
  chat: CHAT,
  turnId: id,
  text,
  state: 'sent',
  channelMessageId: id === 'a' ? 11 : 12,
  ...change,
});

export const request = (
  token: string,
  arrivedAt: number,
  change: Partial<ModelRequest> = {},
): ModelRequest => ({
  tokens: [token],
  index: 0,
  sinceAnswer: 0,
  seen: [token],
  toolResults: [],
  caller: 'worker0-1',
  arrivedAt,
  answeredAt: arrivedAt + 5,
  fault: null,
  ...change,
});

/** A send that had its effect, and whose sender got the answer. */
export const send = (
  text: string,
  messageId: number,
  arrivedAt: number,
  change: Partial<TelegramCall> = {},
): TelegramCall => ({
  caller: 'worker0-1',
  chat: CHAT,
  makes: true,
  text,
  arrivedAt,
  messageId,
  toldAt: arrivedAt + 5,
  fault: null,
  ...change,
});

const step = (turnId: string, committedAt: number) => ({
  turnId,
  index: 0,
  kind: 'model' as const,
  name: 'double',
  error: null,
  output: null,
  committedAt,
});
const turn = (id: string) => ({ id, chat: CHAT, state: 'done', errorCode: null });
const message = (role: string, text: string, turnId: string) => ({ chat: CHAT, role, text, turnId });

export const records: Records = {
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
  schedules: [],
  facts: [],
  approvals: [],
  budgets: [],
  traces: [],
};

/** Two messages, each answered in a turn of its own. */
export const healthy: Evidence = {
  sent: [
    { chat: CHAT, token: FIRST, updateId: 1, sentAt: 0, acceptedAt: 0 },
    { chat: CHAT, token: SECOND, updateId: 2, sentAt: 0, acceptedAt: 0 },
  ],
  terms: new Map(),
  records,
  shown: [
    { chat: CHAT, place: CHAT, messageId: 11, text: `heard ${FIRST}` },
    { chat: CHAT, place: CHAT, messageId: 12, text: `heard ${SECOND}` },
  ],
  calls: [send(`heard ${FIRST}`, 11, 120), send(`heard ${SECOND}`, 12, 220)],
  requests: [request(FIRST, 90), request(SECOND, 190)],
  loggedSteps: [
    { turnId: 'a', index: 0, at: 0 },
    { turnId: 'b', index: 0, at: 0 },
  ],
  erasedAt: new Map(),
  strikes: [],
  leaseTtlMs: 1_000,
  turnTimeoutMs: 6_000,
};

export const withRecords = (change: Partial<Records>): Partial<Evidence> => ({
  records: { ...records, ...change },
});

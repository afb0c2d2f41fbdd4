import { randomUUID } from 'node:crypto';
import { Client } from 'pg';
import { TelegramDouble } from '../test/support/telegram-double.js';
import { TelegramLimits } from '../test/support/telegram-limits.js';
import type { Bench, BenchReport } from './bench.js';
import { startProduct } from './support/product.js';
import { SteeredOutside } from './support/steered-outside.js';
import { table } from './support/table.js';
import { until } from './support/until.js';
import { Workbench } from './support/workbench.js';

const CHATS = 50;
const GROUPS = 5;
const REPLIES = 200;
/**
 * The fastest possible sending: of 30 a second the first 30 go at once, the last 20 of 200 after 6 s; a chat's fourth
 * has to wait for 3 s, a group gets less than 20.
 */
const LEAST_MS = 6_000;
const GOAL = 1.2;

/** Measures how long 200 replies take while Telegram enforces its limits, and how many of them it refuses. */
export const floodBench: Bench = {
  name: 'flood',
  about: `${REPLIES} replies to ${CHATS} chats and ${GROUPS} groups, sent by two workers to a Telegram that enforces its limits`,
  run: async () => {
    const workbench = await Workbench.open();
    const outside = await SteeredOutside.start();
    const telegram = await TelegramDouble.start();
    const limits = new TelegramLimits();
    telegram.limits = limits;
    try {
      const databaseUrl = await workbench.database('flood');
      const redisUrl = workbench.redis?.url ?? null;
      const settings = { TELEGRAM_API_ROOT: telegram.root, TELEGRAM_BOT_TOKEN: telegram.token };
      const options = { databaseUrl, redisUrl, outside: outside.address, part: null, settings };
      // The first one makes the schema; the sweep finds replies that wait then.
      await workbench.keep(startProduct({ ...options, role: 'worker' })).port();
      await workbench.keep(startProduct({ ...options, role: 'worker' })).port();
      const chats = await fillOutbox(databaseUrl);
      const sent = () => telegram.callsOf('sendMessage').filter(({ accepted }) => accepted);
      await until('all replies are sent', () => sent().length === REPLIES);
      const times = sent().map(({ at }) => at);
      return report({
        queue: redisUrl === null ? 'PostgreSQL' : 'Redis',
        ms: Math.max(...times) - Math.min(...times),
        violations: limits.violations.length,
        inOrder: chats.filter((chat) => isInOrder(telegram.textsOf(chat))).length,
      });
    } finally {
      await workbench.close();
      await outside.close();
      await telegram.close();
    }
  },
};

/** Replies as turns leave them, in one commit. @returns the chats */
async function fillOutbox(databaseUrl: string): Promise<number[]> {
  const chats = Array.from({ length: CHATS + GROUPS }, (_, n) => (n < CHATS ? 1_000 + n : -1_000 - n));
  const ids = new Map(chats.map((chat) => [chat, randomUUID()]));
  const client = new Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query('BEGIN');
    for (const [chat, id] of ids) {
      await client.query(
        `INSERT INTO conversations (id, channel, chat_id, chat_type) VALUES ($1, 'telegram', $2, $3)`,
        [id, chat, chat > 0 ? 'private' : 'supergroup'],
      );
    }
    for (let number = 0; number < REPLIES; number += 1) {
      const body = { text: String(number), entities: [] };
      await client.query('INSERT INTO replies (conversation_id, body) VALUES ($1, $2)', [
        ids.get(chats[number % chats.length] ?? 0),
        body,
      ]);
    }
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
  return chats;
}

const isInOrder = (texts: readonly string[]): boolean =>
  texts.every((text, index) => index === 0 || Number(text) > Number(texts[index - 1]));

interface Measured {
  readonly queue: string;
  readonly ms: number;
  readonly violations: number;
  readonly inOrder: number;
}

function report(measured: Measured): BenchReport {
  const { queue, ms, violations, inOrder } = measured;
  const ratio = ms / LEAST_MS;
  return {
    text: table(
      [`queue on ${queue}`, 'measured', 'the limits’ own'],
      [
        ['ms from the first send to the last', String(ms), String(LEAST_MS)],
        ['sends that Telegram refused', String(violations), '0'],
        ['chats in order', String(inOrder), String(CHATS + GROUPS)],
      ],
    ),
    verdicts: [
      {
        promise: `times the least that the limits allow, at most ${GOAL}`,
        measured: ratio,
        holds: ratio <= GOAL,
      },
      { promise: 'sends refused', measured: violations, holds: violations === 0 },
      { promise: 'chats whose replies came in order', measured: inOrder, holds: inOrder === CHATS + GROUPS },
    ],
    data: { ...measured },
  };
}

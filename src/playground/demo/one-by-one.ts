import { once } from 'node:events';
import type { Ack } from '../bot-api/chat-log.js';
import type { BotApiSimulator } from '../bot-api-simulator.js';
import type { DemoModel } from '../demo-model.js';
import type { DemoOutput } from './demo-output.js';
import { waitUntil } from './wait-until.js';

const CHATS = 10;
/** Together with the warm-up, within the 20 messages a minute that a chat may have processed by default. */
const MESSAGES_PER_CHAT = 8;
const FIRST_CHAT_ID = 3001;
const ANSWERED_WITHIN_MS = 60_000;

/** The times of updates that were posted one after another. */
export interface OneByOne {
  readonly acks: readonly Ack[];
  readonly problems: readonly string[];
}

/**
 * Posts updates one after another, each when the last one is acknowledged, and waits until all are answered. Its first
 * run warms the process up: a server's first updates meet code that has never run.
 */
export async function postOneByOne(
  telegram: BotApiSimulator,
  model: DemoModel,
  output: DemoOutput,
  what: string,
): Promise<OneByOne> {
  const total = CHATS * MESSAGES_PER_CHAT;
  const latencyMs = model.latencyMs;
  model.latencyMs = 0;
  const begun = Date.now();
  telegram.acks.clear();
  for (let message = 0; message < total; message += 1) {
    const acknowledged = once(telegram.events, 'ack');
    const chat = message % CHATS;
    telegram.say(
      FIRST_CHAT_ID + chat,
      { firstName: `Guest ${chat + 1}`, languageCode: 'en' },
      `Note "${markOf(begun, message)}"`,
    );
    await acknowledged;
  }
  const acks = telegram.acks.toArray();
  const answered = await waitUntil(() => unanswered(telegram, begun, total) === 0, ANSWERED_WITHIN_MS);
  model.latencyMs = latencyMs;
  output.line(`   ${what}: ${total} updates, one after another`);
  return {
    acks,
    problems: answered
      ? []
      : [`${unanswered(telegram, begun, total)} of ${total} updates got no answer: ${what}`],
  };
}

function unanswered(telegram: BotApiSimulator, begun: number, total: number): number {
  const said = Array.from({ length: CHATS }, (_, chat) => telegram.chat(FIRST_CHAT_ID + chat)?.messages ?? [])
    .flat()
    .flatMap(({ from, text }) => (from === 'bot' ? [text] : []))
    .join('\n');
  return Array.from({ length: total }, (_, message) => message).filter(
    (message) => !said.includes(`"${markOf(begun, message)}"`),
  ).length;
}

function markOf(begun: number, message: number): string {
  return `note ${message + 1} of ${begun}`;
}

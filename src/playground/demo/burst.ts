import { setTimeout as sleep } from 'node:timers/promises';
import type { Ack } from '../bot-api/chat-log.js';
import type { BotApiSimulator } from '../bot-api-simulator.js';
import type { DemoModel, DemoModelRequest } from '../demo-model.js';
import { showSummary } from './burst-summary.js';
import { bar, oneLine, type DemoOutput } from './demo-output.js';
import { type BurstChat, tally, type Tally } from './tally.js';
import { waitUntil } from './wait-until.js';

const CHATS = 10;
/** Within the 20 messages a minute that a chat may have processed by default. */
const MESSAGES_PER_CHAT = 10;
const TOTAL = CHATS * MESSAGES_PER_CHAT;
/** One in this many updates is delivered again, as Telegram does when an answer was lost on its way. */
const REPEAT_EVERY = 5;
const FIRST_CHAT_ID = 2001;
const ANSWERED_WITHIN_MS = 60_000;
/** A repeated update comes while another answer is awaited. */
const QUIET_MS = 300;

/**
 * Sends 100 messages as fast as Telegram delivers them.
 * @param single acknowledgements of updates that came one after another, to show beside those of the burst
 * @returns the failures
 */
export async function showBurst(
  telegram: BotApiSimulator,
  model: DemoModel,
  output: DemoOutput,
  single: readonly Ack[],
): Promise<string[]> {
  telegram.acks.clear();
  model.requests.clear();
  const began = performance.now();
  const repeats = sendAll(telegram);
  const posts = TOTAL + repeats;
  const look = (): Tally => {
    const now = tally(chatsOf(telegram));
    const taken = telegram.acks.length;
    const seconds = ((performance.now() - began) / 1000).toFixed(1);
    const text = `   ${bar(now.answered, TOTAL)} ${now.answered}/${TOTAL} answered, ${taken}/${posts} acknowledged, ${seconds} s`;
    output.progress(text, now.answered, TOTAL);
    return now;
  };
  await waitUntil(() => look().answered === TOTAL && telegram.acks.length >= posts, ANSWERED_WITHIN_MS);
  await sleep(model.latencyMs + QUIET_MS);
  const result = look();
  showLastReply(telegram, output);
  const turns = model.requests.toArray().filter(beginsTurn).length;
  const acks = telegram.acks.toArray();
  return showSummary({ ...result, acks, single, turns, messages: TOTAL, repeats }, output);
}

function sendAll(telegram: BotApiSimulator): number {
  let repeats = 0;
  for (let message = 1; message <= MESSAGES_PER_CHAT; message++) {
    for (let chat = 1; chat <= CHATS; chat++) {
      const user = { firstName: `User ${chat}`, languageCode: 'en' };
      const update = telegram.say(FIRST_CHAT_ID + chat, user, `Note "${markOf(chat, message)}"`);
      if ((message * CHATS + chat) % REPEAT_EVERY !== 0) continue;
      telegram.sendAgain(update);
      repeats += 1;
    }
  }
  return repeats;
}

function chatsOf(telegram: BotApiSimulator): BurstChat[] {
  return Array.from({ length: CHATS }, (_, index) => {
    const chat = index + 1;
    const messages = telegram.chat(FIRST_CHAT_ID + chat)?.messages ?? [];
    return {
      marks: Array.from({ length: MESSAGES_PER_CHAT }, (_unused, message) => markOf(chat, message + 1)),
      replies: messages.filter(({ from }) => from === 'bot').map(({ text }) => text),
    };
  });
}

function markOf(chat: number, message: number): string {
  return `chat ${chat} note ${message}`;
}

function showLastReply(telegram: BotApiSimulator, output: DemoOutput): void {
  const messages = telegram.chat(FIRST_CHAT_ID + 1)?.messages ?? [];
  const replies = messages.filter(({ from }) => from === 'bot');
  output.line(`   User 1: ${messages.length - replies.length} notes`);
  for (const { text } of replies.slice(0, 4)) output.line(`   Bot: ${oneLine(text, 100)}`);
}

/** The first request of a turn: it has no tool results yet. */
function beginsTurn({ request }: DemoModelRequest): boolean {
  return request.messages.at(-1)?.role === 'user';
}

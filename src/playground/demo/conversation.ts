import type { Ack, ChatEvent } from '../bot-api/chat-log.js';
import type { BotApiSimulator } from '../bot-api-simulator.js';
import type { DemoModel, DemoModelRequest } from '../demo-model.js';
import { milliseconds, oneLine, type DemoOutput } from './demo-output.js';
import { waitUntil } from './wait-until.js';

const CHAT_ID = 1001;
const USER = { firstName: 'Ada', languageCode: 'en' };
const QUESTION = 'What is 12*(3+4)?';
const ANSWER = '84';
const ANSWERED_WITHIN_MS = 60_000;

/** Asks one question that needs a tool, and prints the time of each stage. @returns the failures */
export async function showConversation(
  telegram: BotApiSimulator,
  model: DemoModel,
  output: DemoOutput,
): Promise<string[]> {
  const began = performance.now();
  const stage = (what: string) =>
    output.line(`   ${milliseconds(performance.now() - began).padStart(9)}  ${what}`);
  const unwatch = watch(telegram, model, stage);
  try {
    telegram.say(CHAT_ID, USER, QUESTION);
    const answered = await waitUntil(() => answerIsThere(telegram), ANSWERED_WITHIN_MS);
    const transcript = telegram.chat(CHAT_ID)?.messages ?? [];
    for (const { from, text } of transcript) {
      output.line(`   ${from === 'user' ? USER.firstName : 'Bot'}: ${oneLine(text, 90)}`);
    }
    const seconds = ANSWERED_WITHIN_MS / 1000;
    return answered ? [] : [`the question got no answer that says ${ANSWER} within ${seconds} s`];
  } finally {
    unwatch();
  }
}

/** Reports the stages as Telegram and the model see them. */
function watch(telegram: BotApiSimulator, model: DemoModel, stage: (what: string) => void): () => void {
  let typing = false;
  let seen: Shown | null = null;
  const onAck = ({ status, outcome, milliseconds: took }: Ack) =>
    stage(`acknowledged: ${status} ${outcome ?? ''}, in ${milliseconds(took)}`);
  const onChat = (event: ChatEvent) => {
    if (event.kind === 'action' && !typing) {
      typing = true;
      stage('the turn has started: the bot is typing');
    }
    if (event.kind !== 'message' || event.message.from !== 'bot') return;
    // One message shows the agent's status and the streamed reply.
    const shown = shownBy(event.message.text, ANSWER);
    if (shown === seen) return;
    seen = shown;
    stage(shown === 'the answer' ? 'the reply is delivered' : `the chat sees ${shown}`);
  };
  const onAnswered = ({ completion }: DemoModelRequest) => {
    for (const call of completion.toolCalls) stage(`the model calls ${call.name} ${call.arguments}`);
    if (completion.content !== null) stage('the model has answered');
  };
  telegram.events.on('ack', onAck).on('chat', onChat);
  model.events.on('answered', onAnswered);
  return () => {
    telegram.events.off('ack', onAck).off('chat', onChat);
    model.events.off('answered', onAnswered);
  };
}

function answerIsThere(telegram: BotApiSimulator): boolean {
  const messages = telegram.chat(CHAT_ID)?.messages ?? [];
  return messages.some(({ from, text }) => from === 'bot' && shownBy(text, ANSWER) === 'the answer');
}

/** The present text of the bot's message, which it edits while it works. */
type Shown = 'what the bot is doing' | 'the answer, while it is written' | 'the answer';

/** Ends a text that is still being written. */
const CURSOR = '▌';

/** Whether a text is the finished answer, not a part of it. Pure. @param answer the expected content */
export function shownBy(text: string, answer: string): Shown {
  if (!text.includes(answer)) return 'what the bot is doing';
  return text.trimEnd().endsWith(CURSOR) ? 'the answer, while it is written' : 'the answer';
}

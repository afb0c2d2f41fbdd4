import type { ChatRequest, ChatTurn, ToolCall } from '../chat-completions/chat-request.js';
import { type Intent, intentOf } from './intent.js';
import { languageIn } from './language.js';
import { notesOf } from './notes.js';
import { wordings } from './wording.js';

/** The demo model's decision: an answer, or calls whose results it needs first. */
export type DemoAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly Omit<ToolCall, 'id'>[] };

/** Characters of a message that the answer repeats. */
const QUOTED_LENGTH = 160;

/** The user's unanswered messages, with the calls made for them. */
interface Fresh {
  readonly texts: readonly string[];
  /** Results by call, in the order of the calls. */
  readonly results: readonly { readonly tool: string; readonly result: string }[];
}

/**
 * Answers a conversation. Pure: everything since the last answer counts, so that a burst of messages gets one answer
 * that names them all.
 */
export function demoAnswer({ messages, tools }: ChatRequest): DemoAnswer {
  const notes = notesOf(messages);
  if (notes !== null) return { kind: 'text', text: notes };
  const fresh = freshOf(messages);
  const intents = fresh.texts.map(intentOf);
  if (fresh.results.length === 0) {
    const calls = intents.flatMap((intent) => callOf(intent, tools));
    if (calls.length > 0) return { kind: 'calls', calls };
  }
  const seen = messages.filter(({ role }) => role === 'user').length;
  return { kind: 'text', text: `(demo) ${wording(fresh, intents, tools, seen)}` };
}

function freshOf(messages: readonly ChatTurn[]): Fresh {
  const answered = messages.findLastIndex(
    ({ role, toolCalls }) => role === 'assistant' && toolCalls.length === 0,
  );
  const open = messages.slice(answered + 1);
  const names = new Map(
    open.flatMap(({ toolCalls }) => toolCalls.map(({ id, name }) => [id, name] as const)),
  );
  return {
    texts: open.filter(({ role }) => role === 'user').map(({ text }) => text),
    results: open
      .filter(({ role }) => role === 'tool')
      .map(({ text, toolCallId }) => ({
        tool: names.get(toolCallId ?? '') ?? 'a tool',
        result: text.trim(),
      })),
  };
}

function callOf(intent: Intent, tools: readonly string[]): Omit<ToolCall, 'id'>[] {
  if (intent.kind !== 'tool' || !tools.includes(intent.tool)) return [];
  return [{ name: intent.tool, arguments: JSON.stringify(intent.arguments) }];
}

/** Each message is answered in its own language. */
function wording(
  { texts, results }: Fresh,
  intents: readonly Intent[],
  tools: readonly string[],
  seen: number,
): string {
  const waiting = [...results];
  const sentences = texts.map((text, index) => {
    const intent = intents[index] ?? { kind: 'talk' };
    const words = wordings[languageIn(text)];
    if (intent.kind === 'help') return words.help;
    if (intent.kind === 'count') return numbers(intent.to);
    if (intent.kind === 'talk') return texts.length === 1 ? words.echo(quote(text), seen) : quote(text);
    if (!tools.includes(intent.tool)) return words.toolMissing(intent.tool);
    const found = waiting.findIndex(({ tool }) => tool === intent.tool);
    const [outcome] = found < 0 ? [] : waiting.splice(found, 1);
    return outcome ? words.outcome(intent, outcome.result) : quote(text);
  });
  const { echo, several } = wordings[languageIn(texts.join('\n'))];
  if (sentences.length === 0) return echo(quote(''), seen);
  if (sentences.length === 1) return sentences[0] ?? '';
  const numbered = sentences.map((words, index) => `${index + 1}. ${words}`);
  return [several(texts.length), '', ...numbered].join('\n');
}

function numbers(to: number): string {
  return Array.from({ length: to }, (_, index) => index + 1).join(' ');
}

/** Quoted words are kept whole: a test that quotes a word looks for it in the answer. */
function quote(text: string): string {
  if (text.length <= QUOTED_LENGTH) return `“${text}”`;
  const marked = [...text.slice(QUOTED_LENGTH).matchAll(/"[^"\n]{1,80}"/g)].map(([words]) => words);
  return [`“${text.slice(0, QUOTED_LENGTH).trimEnd()} …”`, ...marked].join(' ');
}

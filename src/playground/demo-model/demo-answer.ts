import type { ChatRequest, ChatTurn, ToolCall } from '../chat-completions/chat-request.js';
import { type Intent, intentOf } from './intent.js';

/** What the demo model decides: words, or calls whose results it wants first. */
export type DemoAnswer =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'calls'; readonly calls: readonly Omit<ToolCall, 'id'>[] };

/** Characters of a message that are said back. */
const QUOTED_LENGTH = 160;

const HELP = [
  "Hello! I'm Turnpike's demo model, not a real one: I follow a few simple rules, so that you can try the way of a message without a key.",
  '',
  'Try one of these:',
  '- `what time is it in Tokyo?`',
  '- `12*(3+4)`',
  '- `remember that I like tea`, then `what do you know about me?`',
  '- `forget that I like tea`',
  '- `search tea`',
  '- several messages, quickly one after the other',
  '',
  'For real answers set **OPENAI_API_KEY**, or **OPENAI_BASE_URL** for a model of your own.',
].join('\n');

/** The user's messages that have no answer yet, and what was called for them. */
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

function wording(
  { texts, results }: Fresh,
  intents: readonly Intent[],
  tools: readonly string[],
  seen: number,
): string {
  const waiting = [...results];
  const sentences = texts.map((text, index) => {
    const intent = intents[index] ?? { kind: 'talk' };
    if (intent.kind === 'help') return HELP;
    if (intent.kind === 'talk') return texts.length === 1 ? echo(text, seen) : quote(text);
    if (!tools.includes(intent.tool)) return `I would need the tool ${intent.tool}, and was not given it.`;
    const found = waiting.findIndex(({ tool }) => tool === intent.tool);
    const [outcome] = found < 0 ? [] : waiting.splice(found, 1);
    return outcome ? sentence(intent, outcome.result) : quote(text);
  });
  if (sentences.length === 0) return echo('', seen);
  if (sentences.length === 1) return sentences[0] ?? '';
  const numbered = sentences.map((words, index) => `${index + 1}. ${words}`);
  return [`You sent ${texts.length} messages; here is one answer to all of them:`, '', ...numbered].join(
    '\n',
  );
}

function echo(text: string, seen: number): string {
  const count = seen === 1 ? 'your first message' : `${seen} messages of yours`;
  return `You said ${quote(text)}. I am only a demo and saw ${count} so far; say **help** for what I can do.`;
}

/** Words in quotes are kept whole: whoever marks a word so looks for it in the answer. */
function quote(text: string): string {
  if (text.length <= QUOTED_LENGTH) return `“${text}”`;
  const marked = [...text.slice(QUOTED_LENGTH).matchAll(/"[^"\n]{1,80}"/g)].map(([words]) => words);
  return [`“${text.slice(0, QUOTED_LENGTH).trimEnd()} …”`, ...marked].join(' ');
}

function sentence(intent: Extract<Intent, { kind: 'tool' }>, result: string): string {
  switch (intent.tool) {
    case 'current_time':
      return intent.arguments['timeZone']
        ? `In ${intent.arguments['timeZone']} it is **${result}**.`
        : `It is **${result}**.`;
    case 'calculate':
      return `\`${intent.arguments['expression'] ?? ''}\` is **${result}**.`;
    case 'recall':
      return `This is what I know:\n${result}`;
    case 'search_history':
      return `I searched for “${intent.arguments['query'] ?? ''}”:\n${result}`;
    default:
      return /[.!?]$/.test(result) ? result : `${result}.`;
  }
}

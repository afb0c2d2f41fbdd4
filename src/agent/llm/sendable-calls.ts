import { createHash } from 'node:crypto';
import type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionMessageParam,
  ChatCompletionMessageToolCall,
} from 'openai/resources/chat/completions';

/** The pattern that every provider accepts as a function's name and as a call's id. */
const NAME = /^[\w-]{1,64}$/;
/** The only ids that Mistral accepts: https://docs.mistral.ai/capabilities/function_calling */
const STRICT_ID = /^[a-zA-Z0-9]{9}$/;
const MISTRAL = /(^|\.)mistral\.ai$/;

/**
 * Rewrites the messages' tool calls so that every server accepts them. A model writes anything, and its output goes
 * back to it, or to the next of the chain, with every later request: empty or duplicate ids, invalid names, arguments
 * that are no JSON object. One such call would make every request fail. Equal messages give equal results, so that
 * prompt caches hold. Pure.
 * @param baseUrl of the provider that is asked
 */
export function sendableCalls(
  messages: readonly ChatCompletionMessageParam[],
  baseUrl: string,
): ChatCompletionMessageParam[] {
  const ids = new CallIds(MISTRAL.test(new URL(baseUrl).hostname) ? STRICT_ID : NAME);
  /** Calls without a result so far, in order: their results follow in the same order. */
  let open: string[] = [];
  return messages.map((message) => {
    if (message.role === 'tool') return { ...message, tool_call_id: open.shift() ?? message.tool_call_id };
    if (message.role !== 'assistant' || !message.tool_calls) return message;
    const calls = message.tool_calls.map((call) => sendable(call, ids));
    open = calls.map(({ id }) => id);
    return withCalls(message, calls);
  });
}

const withCalls = (
  message: ChatCompletionAssistantMessageParam,
  calls: ChatCompletionMessageToolCall[],
): ChatCompletionMessageParam => ({ ...message, tool_calls: calls });

function sendable(call: ChatCompletionMessageToolCall, ids: CallIds): ChatCompletionMessageToolCall {
  const id = ids.of(call.id);
  if (call.type !== 'function') return { ...call, id };
  const { name, arguments: given } = call.function;
  return { ...call, id, function: { name: nameOf(name), arguments: objectOf(given) } };
}

const nameOf = (name: string): string =>
  NAME.test(name) ? name : name.replaceAll(/[^\w-]+/g, '_').slice(0, 64) || 'unnamed';

/**
 * The model's arguments if they are an object; else an object that contains them, so that the model sees its mistake.
 */
function objectOf(given: string): string {
  if (given.trim() === '') return '{}';
  try {
    const value: unknown = JSON.parse(given);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return given;
  } catch {
    // No JSON.
  }
  return JSON.stringify({ not_an_object: given });
}

/** Gives each call of one request an id of its own: its original one if that is valid. */
class CallIds {
  private readonly taken = new Set<string>();

  constructor(private readonly form: RegExp) {}

  of(given: string): string {
    let id = given;
    for (let times = 0; !this.form.test(id) || this.taken.has(id); times += 1) id = derived(given, times);
    this.taken.add(id);
    return id;
  }
}

/** Nine hexadecimal digits. */
const derived = (given: string, times: number): string =>
  createHash('sha256')
    .update(JSON.stringify([given, times]))
    .digest('hex')
    .slice(0, 9);

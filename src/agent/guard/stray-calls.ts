import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { Progress } from '../context/context-window.js';
import type { TurnContext } from '../context/turn-request.js';
import { hasOutsideText } from '../tools/outside-text.js';
import type { ToolCall } from '../tools/tool-context.js';
import { influenceOn } from './outside-influence.js';
import { type Address, addressesNamedIn, addressesAskedIn, hostOf } from './addresses.js';

type Call = Pick<ToolCall, 'name' | 'arguments'>;

/**
 * Addresses named by text from outside alone to which a turn goes unasked. Which ones it picks tells their owner something
 * too, if only a little.
 */
const MAX_FOLLOWED = 5;

/** Tools of ours whose results repeat what was said here, the model's own words among it. */
const REPEATING: ReadonlySet<string> = new Set(['search_history', 'recall']);

/**
 * For each call of the answer that is the turn's step `stepIndex`: would it go to an address that the model has made, in
 * part or all of it? A server learns all that stands in an address, so text from outside could have the model write there
 * what only this conversation knows. Not made are the addresses that stand, as they are, in what people wrote, or to which
 * it went for them before it read such text; and, for a few calls, in text from outside that was read. Told from what is on record: every run comes to the same. Pure.
 */
export function strayCalls(
  calls: readonly Call[],
  stepIndex: number,
  context: TurnContext,
  progress: Progress,
): boolean[] {
  const earlier = progress.exchanges.filter((exchange) => exchange.stepIndex < stepIndex);
  const joined = progress.joined.filter((one) => one.stepIndex <= stepIndex);
  const named = new NamedAddresses();
  for (const { messages } of [...context.history, context.own, ...joined.map(({ block }) => block)])
    named.read(messages);
  for (const exchange of earlier) {
    const calls = callsIn(exchange.call.messages);
    if (influenceOn(exchange.stepIndex, context, progress) === 'people') named.readCalls(calls);
    named.read([...exchange.call.messages, ...exchange.results.flatMap(({ whole }) => whole.messages)]);
  }
  const followed = (call: Call) => named.judge(call) === 'outside';
  let left = MAX_FOLLOWED - earlier.flatMap(({ call }) => callsIn(call.messages)).filter(followed).length;
  return calls.map((call) => {
    const judged = named.judge(call);
    if (judged !== 'outside') return judged === 'made';
    left -= 1;
    return left < 0;
  });
}

/** Who has named the addresses of a call; `none`: it has none, `made`: nobody has named one of them. */
type Judged = 'none' | 'people' | 'outside' | 'made';

class NamedAddresses {
  private readonly byPeople = new Set<string>();
  private readonly fromOutside = new Set<string>();
  private readonly hosts = new Set<string>();
  private readonly calls = new Map<string, Call>();

  read(messages: readonly ChatCompletionMessageParam[]): void {
    for (const message of messages) {
      if (message.role === 'assistant')
        for (const { id, ...call } of toolCallsOf(message)) this.calls.set(id, call);
      if (message.role === 'user') this.readUser(textOf(message.content));
      if (message.role === 'tool') this.readResult(message.tool_call_id, textOf(message.content));
    }
  }

  /** Of calls that people alone have led to: where they went. */
  readCalls(calls: readonly Call[]): void {
    for (const { arguments: given } of calls)
      for (const address of stringsIn(given).flatMap(addressesAskedIn)) this.add(address, this.byPeople);
  }

  judge({ arguments: given }: Call): Judged {
    const addresses = stringsIn(given).flatMap(addressesAskedIn);
    if (addresses.length === 0) return 'none';
    const isIn = (names: ReadonlySet<string>) => (address: Address) =>
      address.keys.some((key) => names.has(key));
    if (addresses.every(isIn(this.byPeople))) return 'people';
    const isNamed = (address: Address) => isIn(this.byPeople)(address) || isIn(this.fromOutside)(address);
    return addresses.every(isNamed) ? 'outside' : 'made';
  }

  /** Of a message that has both, people's words and others', all counts as the others'. */
  private readUser(text: string): void {
    const names = hasOutsideText(text) ? this.fromOutside : this.byPeople;
    for (const address of addressesNamedIn(text)) this.add(address, names);
  }

  /** What a result repeats of what the model has written into its call is not named by it. */
  private readResult(callId: string, text: string): void {
    const call = this.calls.get(callId);
    if (!call || REPEATING.has(call.name) || !hasOutsideText(text)) return;
    const written = stringsIn(call.arguments).join('\n').toLowerCase();
    const isWritten = (part: string) => written.includes(part.toLowerCase());
    const known = new Set(this.hosts);
    for (const address of addressesNamedIn(text)) {
      const [key] = address.keys;
      const isKnown = this.byPeople.has(key) || this.fromOutside.has(key);
      const isRepeated = [key, address.written.replace(/^https?:\/\//i, '')].some(isWritten);
      const hostIsMade = isWritten(hostOf(key)) && !known.has(hostOf(key));
      if (isKnown || (!isRepeated && !hostIsMade)) this.add(address, this.fromOutside);
    }
  }

  private add({ keys }: Address, names: Set<string>): void {
    for (const key of keys) {
      names.add(key);
      this.hosts.add(hostOf(key));
    }
  }
}

function callsIn(messages: readonly ChatCompletionMessageParam[]): Call[] {
  return messages.flatMap((message) => (message.role === 'assistant' ? toolCallsOf(message) : []));
}

function toolCallsOf({ tool_calls: calls }: Extract<ChatCompletionMessageParam, { role: 'assistant' }>) {
  return (calls ?? []).flatMap((call) =>
    call.type === 'function'
      ? [{ id: call.id, name: call.function.name, arguments: call.function.arguments }]
      : [],
  );
}

function textOf(content: ChatCompletionMessageParam['content']): string {
  if (typeof content === 'string') return content;
  return (content ?? []).map((part) => (part.type === 'text' ? part.text : '')).join('\n');
}

/** Every text in the arguments, names of fields too; of what is no JSON all of it. */
function stringsIn(given: string): string[] {
  const found: string[] = [];
  try {
    JSON.parse(given, (name, value: unknown) => {
      found.push(name);
      if (typeof value === 'string') found.push(value);
      return value;
    });
    return found;
  } catch {
    return [given];
  }
}

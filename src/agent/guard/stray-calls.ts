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
 * it went for them before it read such text; and, of a few addresses, in text from outside that was read. Told from what is
 * on record: every run comes to the same. Pure.
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
  let left = earlier
    .flatMap(({ call }) => callsIn(call.messages))
    .reduce((rest, call) => rest - named.followedBy(call), MAX_FOLLOWED);
  return calls.map((call) => {
    if (named.isMade(call)) return true;
    const followed = named.followedBy(call);
    left -= followed;
    return followed > 0 && left < 0;
  });
}

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
    for (const address of calls.flatMap(addressesOf)) this.add(address, this.byPeople);
  }

  /** Has nobody named one of the call's addresses? */
  isMade(call: Call): boolean {
    return addressesOf(call).some(
      (address) => !isIn(this.byPeople, address) && !isIn(this.fromOutside, address),
    );
  }

  /** How many of the call's addresses text from outside alone has named; of a call that nobody is to make unasked, none. */
  followedBy(call: Call): number {
    if (this.isMade(call)) return 0;
    return addressesOf(call).filter((address) => !isIn(this.byPeople, address)).length;
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

const addressesOf = ({ arguments: given }: Call): Address[] => stringsIn(given).flatMap(addressesAskedIn);

const isIn = (names: ReadonlySet<string>, { keys }: Address): boolean => keys.some((key) => names.has(key));

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

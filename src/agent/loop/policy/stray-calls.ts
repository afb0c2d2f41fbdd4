import type { ChatCompletionMessageParam } from 'openai/resources/chat/completions';
import type { Progress } from '../../context/context-window.js';
import type { TurnContext } from '../../context/turn-request.js';
import { hasOutsideText } from '../../tools/outside-text.js';
import type { ToolCall } from '../../llm/model-answer.js';
import { influenceOn } from '../../context/outside-influence.js';
import { withoutBotWords } from '../../../channel/quoted.js';
import {
  type Address,
  addressCompletedFrom,
  addressesAskedIn,
  addressesNamedIn,
  hostOf,
} from './addresses.js';

type AssistantMessage = Extract<ChatCompletionMessageParam, { role: 'assistant' }>;
type Call = Pick<ToolCall, 'name' | 'arguments'>;

/**
 * Addresses named by text from outside alone that a turn may visit unasked. The choice among them reveals a little too.
 */
const MAX_FOLLOWED = 5;

/** Built-in tools whose results repeat the conversation, the model's own words included. */
const REPEATING: ReadonlySet<string> = new Set(['search_history', 'recall']);

/**
 * Finds the calls of the turn's step `stepIndex` that would go to an address that the model made up, wholly or in part.
 * A server receives the whole address, so text from outside could make the model write there what only this
 * conversation knows. An address is not made up if it stands, as it is, in people's messages, or if the turn went there
 * for them before it read such text; or if it is one of a few that text from outside named. The result depends only on
 * recorded data: every run gets the same. Pure.
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
  /** Addresses in the model's own answers: a person who quotes them has named nothing. */
  private readonly byModel = new Set<string>();
  private readonly hosts = new Set<string>();
  private readonly calls = new Map<string, Call>();

  read(messages: readonly ChatCompletionMessageParam[]): void {
    for (const message of messages) {
      if (message.role === 'assistant') this.readModel(message);
      if (message.role === 'user') this.readUser(textOf(message.content));
      if (message.role === 'tool') this.readResult(message.tool_call_id, textOf(message.content));
    }
  }

  /** Reads the addresses of calls that people alone led to. */
  readCalls(calls: readonly Call[]): void {
    const given = calls.flatMap((call) => stringsIn(call.arguments));
    for (const address of given.flatMap(addressesAskedIn)) this.add(address, this.byPeople);
  }

  /** Whether the model made up one of the call's addresses. */
  isMade(call: Call): boolean {
    return addressesOf(call).some((address) => !this.isNamed(address));
  }

  /** The number of the call's addresses that only text from outside named; 0 for a call that needs approval anyway. */
  followedBy(call: Call): number {
    if (this.isMade(call)) return 0;
    return addressesOf(call).filter((address) => !isIn(this.byPeople, address)).length;
  }

  private readModel(message: AssistantMessage): void {
    for (const { id, ...call } of toolCallsOf(message)) this.calls.set(id, call);
    const said = typeof message.content === 'string' ? message.content : '';
    for (const key of addressesNamedIn(said).flatMap(({ keys }) => keys)) this.byModel.add(key);
  }

  /**
   * A message with people's words and others' counts as the others'. A quotation of the model's own answers counts as
   * neither's: a reply to the bot is known by its head, a forwarded text by having been said here.
   */
  private readUser(text: string): void {
    const isOutside = hasOutsideText(text);
    for (const address of addressesNamedIn(withoutBotWords(text))) {
      if (!isOutside) this.add(address, this.byPeople);
      else if (this.isNamed(address) || !isIn(this.byModel, address)) this.add(address, this.fromOutside);
    }
  }

  /** A result does not name an address that it only repeats from the model's call. */
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

  private isNamed(address: Address): boolean {
    return isIn(this.byPeople, address) || isIn(this.fromOutside, address);
  }

  private add({ keys }: Address, names: Set<string>): void {
    for (const key of keys) {
      names.add(key);
      this.hosts.add(hostOf(key));
    }
  }
}

const addressesOf = ({ arguments: given }: Call): Address[] =>
  stringsIn(given).flatMap((text) => [...addressesAskedIn(text), ...addressCompletedFrom(text)]);

const isIn = (names: ReadonlySet<string>, { keys }: Address): boolean => keys.some((key) => names.has(key));

function callsIn(messages: readonly ChatCompletionMessageParam[]): Call[] {
  return messages.flatMap((message) => (message.role === 'assistant' ? toolCallsOf(message) : []));
}

function toolCallsOf({ tool_calls: calls }: AssistantMessage) {
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

/** Every string in the arguments, field names included; the whole text if it is not JSON. */
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

/** A tool call of an assistant message. */
export interface ToolCall {
  readonly id: string;
  readonly name: string;
  /** JSON, as the model wrote it. */
  readonly arguments: string;
}

export interface ChatTurn {
  readonly role: string;
  /** The text parts of the content joined by line breaks; empty if there are none. */
  readonly text: string;
  readonly toolCalls: readonly ToolCall[];
  /** The call that a tool's result answers. */
  readonly toolCallId: string | null;
}

/** A valid request to POST /chat/completions. */
export interface ChatRequest {
  readonly model: string;
  readonly messages: readonly ChatTurn[];
  /** The names of the functions offered. */
  readonly tools: readonly string[];
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

const ROLES = new Set(['system', 'developer', 'user', 'assistant', 'tool']);

/**
 * Reads a request as strictly as OpenAI does where agents make mistakes: the order of calls and results, roles,
 * content, tool names.
 * @returns the reason of a 400 as text if it is invalid
 */
export function readChatRequest(body: unknown): ChatRequest | string {
  const request = record(body);
  if (!request) return 'We could not parse the JSON body of your request.';
  if (typeof request['model'] !== 'string') return 'you must provide a model parameter';
  const given = request['messages'];
  if (!Array.isArray(given) || given.length === 0) return "Missing required parameter: 'messages'.";
  const messages: ChatTurn[] = [];
  for (const [index, value] of given.entries()) {
    const turn = readTurn(value, index);
    if (typeof turn === 'string') return turn;
    messages.push(turn);
  }
  const tools = readTools(request['tools']);
  if (typeof tools === 'string') return tools;
  const problem = orderProblem(messages);
  if (problem) return problem;
  return {
    model: request['model'],
    messages,
    tools,
    stream: request['stream'] === true,
    includeUsage: record(request['stream_options'])?.['include_usage'] === true,
  };
}

function readTurn(value: unknown, index: number): ChatTurn | string {
  const message = record(value);
  const role = message?.['role'];
  if (!message || typeof role !== 'string' || !ROLES.has(role)) {
    return `Invalid value for 'messages[${index}].role'.`;
  }
  const toolCalls = readToolCalls(message['tool_calls']);
  if (toolCalls === null) return `Invalid value for 'messages[${index}].tool_calls'.`;
  const text = textOf(message['content']);
  if (text === null && (role !== 'assistant' || toolCalls.length === 0)) {
    return `Invalid value for 'content': expected a string, got null (messages[${index}]).`;
  }
  const toolCallId = message['tool_call_id'];
  return {
    role,
    text: text ?? '',
    toolCalls,
    toolCallId: typeof toolCallId === 'string' ? toolCallId : null,
  };
}

function readToolCalls(given: unknown): ToolCall[] | null {
  if (given === undefined || given === null) return [];
  if (!Array.isArray(given)) return null;
  const calls = given.map((value: unknown) => {
    const call = record(value);
    const called = record(call?.['function']);
    const [id, name, args] = [call?.['id'], called?.['name'], called?.['arguments']];
    const complete = typeof id === 'string' && typeof name === 'string' && typeof args === 'string';
    return complete ? { id, name, arguments: args } : null;
  });
  return calls.includes(null) ? null : calls.filter((call) => call !== null);
}

function readTools(given: unknown): readonly string[] | string {
  if (given === undefined) return [];
  if (!Array.isArray(given) || given.length === 0) return "Invalid 'tools': expected a non-empty array.";
  const names: string[] = [];
  for (const [index, value] of given.entries()) {
    const tool = record(value);
    const described = record(tool?.['function']);
    const name = described?.['name'];
    const parameters = record(described?.['parameters']);
    if (tool?.['type'] !== 'function' || typeof name !== 'string' || !/^[\w-]{1,64}$/.test(name)) {
      return `Invalid 'tools[${index}].function.name'.`;
    }
    if (parameters && parameters['type'] !== 'object') return `Invalid schema for function '${name}'.`;
    names.push(name);
  }
  return names;
}

/** Every call has its result right behind it, and every result its call. */
function orderProblem(messages: readonly ChatTurn[]): string | null {
  const open = new Set<string>();
  for (const { role, toolCalls, toolCallId } of messages) {
    if (role === 'tool') {
      if (toolCallId === null || !open.delete(toolCallId)) {
        return "Invalid parameter: messages with role 'tool' must be a response to a preceding message with 'tool_calls'.";
      }
      continue;
    }
    if (open.size > 0) return unanswered(open);
    for (const { id } of toolCalls) open.add(id);
  }
  return open.size > 0 ? unanswered(open) : null;
}

function unanswered(open: ReadonlySet<string>): string {
  return `An assistant message with 'tool_calls' must be followed by tool messages responding to each 'tool_call_id'. The following tool_call_ids did not have response messages: ${[...open].join(', ')}`;
}

function textOf(content: unknown): string | null {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return null;
  return content
    .map((part: unknown) => record(part)?.['text'])
    .filter((text) => typeof text === 'string')
    .join('\n');
}

function record(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
}

import { type Tool, ToolSchema } from '@modelcontextprotocol/sdk/types.js';
import type { McpServerSettings } from '../../config/mcp-file.js';
import { messageOf } from '../../errors/errors.js';
import type { JsonSchema } from '../tools/parameter-schema.js';
import { cleanText, cut } from '../tools/tool-output.js';
import type { RegisteredTool } from '../tools/tool-registry.js';
import { modelSchema } from './model-schema.js';
import { argumentReader } from './schema-arguments.js';
import { isNamed, toolName } from './tool-name.js';

/** UTF-16 units of a description; OpenAI's API refuses a longer one, and the whole request with it. */
const MAX_DESCRIPTION_CHARS = 1_024;

/** A tool of a server: as it is registered, and the name its server knows. */
export interface McpTool {
  readonly own: string;
  readonly name: string;
  readonly repeatable: boolean;
}

/** What one entry of a server's list comes to: a tool, why it is none, or null where the settings leave it out. */
export type ToolReading =
  | { readonly kind: 'tool'; readonly tool: RegisteredTool }
  | { readonly kind: 'problem'; readonly own: string; readonly problem: string }
  | null;

type Call = (tool: McpTool, parameters: object, signal: AbortSignal) => Promise<string>;

/** Reads what a server says of a tool. Nothing in it is believed before it is checked. Pure. */
export function readTool(listed: unknown, server: McpServerSettings, call: Call): ToolReading {
  const read = ToolSchema.safeParse(listed);
  const own = read.success ? read.data.name : nameIn(listed);
  const { allow, deny } = server.tools;
  if (isNamed(own, deny) || (allow !== null && !isNamed(own, allow))) return null;
  const problem = (text: string): ToolReading => ({ kind: 'problem', own: cut(own, 64), problem: text });
  if (!read.success) return problem('it is not described as a tool has to be');
  if (own === '') return problem('it has no name');
  if (read.data.execution?.taskSupport === 'required') return problem('it can only be called as a task');
  try {
    return { kind: 'tool', tool: registered(read.data, server, call) };
  } catch (error) {
    return problem(messageOf(error));
  }
}

function registered(listed: Tool, server: McpServerSettings, call: Call): RegisteredTool {
  const { prefix, timeoutMs, maxOutputChars, requiresApproval } = server;
  const tool = {
    own: listed.name,
    name: toolName(prefix, listed.name),
    repeatable: isRepeatable(listed, server.repeatable),
  };
  const given: JsonSchema = listed.inputSchema;
  return {
    name: tool.name,
    description: describe(listed, server),
    timeoutMs,
    maxOutputChars,
    repeatable: tool.repeatable,
    requiresApproval: isMeant(tool.own, requiresApproval),
    sideEffects: listed.annotations?.readOnlyHint !== true,
    schema: modelSchema(given),
    read: argumentReader(given),
    invoke: (parameters, _context, signal) => call(tool, parameters, signal),
    origin: `the MCP server "${server.name}"`,
  };
}

/**
 * Without a word in the settings the server's hints decide; without these nothing is said to be harmless twice:
 * https://modelcontextprotocol.io/specification (ToolAnnotations).
 */
function isRepeatable({ name, annotations }: Tool, settings: McpServerSettings['repeatable']): boolean {
  if (settings !== null) return isMeant(name, settings);
  return annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
}

const isMeant = (own: string, meant: boolean | readonly string[]): boolean =>
  typeof meant === 'boolean' ? meant : isNamed(own, meant);

function describe({ name, title, annotations, description }: Tool, server: McpServerSettings): string {
  const said = cleanText(description ?? '').trim() || (title ?? annotations?.title ?? name);
  return cut(said, MAX_DESCRIPTION_CHARS) || `A tool of ${server.name}.`;
}

function nameIn(listed: unknown): string {
  const name: unknown = Reflect.get(Object(listed), 'name');
  return typeof name === 'string' ? name : '';
}

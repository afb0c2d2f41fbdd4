import { isSpecType, type Tool } from '@modelcontextprotocol/client';
import type { McpServerSettings } from './mcp-file.js';
import { messageOf } from '../../../platform/errors/errors.js';
import type { JsonSchema } from '../parameter-schema.js';
import { cleanOutput, cut } from '../tool-output.js';
import type { RegisteredTool } from '../tool-registry.js';
import { modelSchema } from '../model-schema.js';
import { argumentReader } from './schema-arguments.js';
import { isNamed, toolName } from './tool-name.js';

/** UTF-16 units of a description; OpenAI's API refuses a request with a longer one. */
const MAX_DESCRIPTION_CHARS = 1_024;

/** A tool of a server: its registration, and its own name there. */
export interface McpTool {
  readonly own: string;
  readonly name: string;
  readonly repeatable: boolean;
  readonly inputSchema: Tool['inputSchema'];
}

/** The reading of one entry of a server's list: a tool, a fault, or null if the settings exclude it. */
export type ToolReading =
  | { readonly kind: 'tool'; readonly tool: RegisteredTool }
  | { readonly kind: 'problem'; readonly own: string; readonly problem: string }
  | null;

type Call = (tool: McpTool, parameters: object, signal: AbortSignal) => Promise<string>;

/** Reads a server's description of a tool, and checks all of it. Pure. */
export function readTool(listed: unknown, server: McpServerSettings, call: Call): ToolReading {
  const own = nameIn(listed);
  const { allow, deny } = server.tools;
  if (isNamed(own, deny) || (allow !== null && !isNamed(own, allow))) return null;
  const problem = (text: string): ToolReading => ({ kind: 'problem', own: cut(own, 64), problem: text });
  try {
    if (!isSpecType.Tool(listed)) return problem('it is not described as a tool has to be');
    if (own === '') return problem('it has no name');
    if (listed.execution?.taskSupport === 'required') return problem('it can only be called as a task');
    return { kind: 'tool', tool: registered(listed, server, call) };
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
    inputSchema: listed.inputSchema,
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
 * Whether a call may be repeated: by the settings, else by the server's hints; without these, it may not:
 * https://modelcontextprotocol.io/specification (ToolAnnotations).
 */
function isRepeatable({ name, annotations }: Tool, settings: McpServerSettings['repeatable']): boolean {
  if (settings !== null) return isMeant(name, settings);
  return annotations?.readOnlyHint === true || annotations?.idempotentHint === true;
}

const isMeant = (own: string, meant: boolean | readonly string[]): boolean =>
  typeof meant === 'boolean' ? meant : isNamed(own, meant);

function describe({ name, title, annotations, description }: Tool, server: McpServerSettings): string {
  const said = cleanOutput(description ?? '').trim() || (title ?? annotations?.title ?? name);
  return cut(said, MAX_DESCRIPTION_CHARS) || `A tool of ${server.name}.`;
}

function nameIn(listed: unknown): string {
  const name: unknown = Reflect.get(Object(listed), 'name');
  return typeof name === 'string' ? name : '';
}

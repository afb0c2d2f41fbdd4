import {
  isLongEnough,
  isRecord,
  readEntry,
  readJsonFile,
  Variables,
} from '../../../platform/config/config-file.js';
import { McpServerEntry } from './mcp-server-entry.js';
import type { Environment } from '../../../platform/config/read-settings.js';

/** The transport to a server. */
export type McpLink =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd?: string;
    }
  | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** A server, the prefix of its tools, and the offered ones. */
export interface McpServerSettings {
  readonly name: string;
  /** The prefix of its tools' names, before a `_`; contains none itself. */
  readonly prefix: string;
  readonly link: McpLink;
  /** Patterns of the server's own tool names; null allows all. */
  readonly tools: { readonly allow: readonly string[] | null; readonly deny: readonly string[] };
  readonly requiresApproval: boolean | readonly string[];
  /** null: by the server's own hints. */
  readonly repeatable: boolean | readonly string[] | null;
  readonly timeoutMs: number;
  /** UTF-16 units of one result. */
  readonly maxOutputChars: number;
}

export interface McpFile {
  readonly servers: readonly McpServerSettings[];
  readonly secrets: readonly string[];
  /** Each names the server and the field, and no value. */
  readonly problems: readonly string[];
}

/** Reads the file of MCP servers, `{"mcpServers": {"<name>": {...}}}`; `${NAME}` in a text is a variable of `env`. */
export function readMcpFile(path: string, env: Environment): McpFile {
  const problem = (text: string): McpFile => ({ servers: [], secrets: [], problems: [text] });
  const file = readJsonFile(path, './mcp.json');
  if ('problem' in file) return problem(file.problem);
  const entries = isRecord(file.content) ? file.content.mcpServers : undefined;
  if (!isRecord(entries)) return problem('has no object "mcpServers"');
  return collect(Object.entries(entries), env);
}

function collect(entries: readonly (readonly [string, unknown])[], env: Environment): McpFile {
  const servers = new Map<string, McpServerSettings>();
  const [secrets, problems]: [string[], string[]] = [[], []];
  for (const [name, entry] of entries) {
    const variables = new Variables(env);
    const expanded = variables.expand(entry, '');
    const reasons = [...variables.problems];
    const server = reasons.length === 0 ? readServer(name, expanded, reasons) : null;
    const other = server ? servers.get(server.prefix) : undefined;
    if (other) reasons.push(`its tools would be named as those of "${other.name}"; rename one of them`);
    problems.push(...reasons.map((reason) => `server ${JSON.stringify(name)}: ${reason}`));
    if (!server) continue;
    servers.set(server.prefix, server);
    secrets.push(...variables.values, ...headerValues(server.link));
  }
  return { servers: [...servers.values()], secrets: secrets.filter(isLongEnough), problems };
}

/** @returns null if it is disabled, or if `reasons` were found */
function readServer(name: string, given: unknown, reasons: string[]): McpServerSettings | null {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) reasons.push('its name must be 1-32 of A-Z a-z 0-9 _ -');
  if (!isRecord(given)) {
    reasons.push('must be an object');
    return null;
  }
  const entry = readEntry(McpServerEntry, given, reasons);
  const link = linkOf(entry, reasons);
  if (reasons.length > 0 || !link || entry.disabled) return null;
  return {
    name,
    prefix: name.replaceAll('_', '-'),
    link,
    tools: { allow: entry.tools?.allow ?? null, deny: entry.tools?.deny ?? [] },
    requiresApproval: entry.requiresApproval ?? false,
    repeatable: entry.repeatable ?? null,
    timeoutMs: entry.timeoutMs ?? 20_000,
    maxOutputChars: entry.outputLimit ?? 16_000,
  };
}

function linkOf(entry: McpServerEntry, reasons: string[]): McpLink | null {
  const { command, args, env, cwd, url, headers } = entry;
  const wrong = (fields: object, needs: string): string[] =>
    Object.entries(fields).flatMap(([field, value]) =>
      value === undefined ? [] : [`${field} is of no use without ${needs}`],
    );
  if ((command === undefined) === (url === undefined)) {
    reasons.push('needs either "command" or "url"');
    return null;
  }
  if (command !== undefined) {
    reasons.push(...wrong({ headers }, 'url'));
    return {
      kind: 'stdio',
      command,
      args: args ?? [],
      env: env ?? {},
      ...(cwd === undefined ? {} : { cwd }),
    };
  }
  reasons.push(...wrong({ args, env, cwd }, 'command'));
  return { kind: 'http', url: url ?? '', headers: headers ?? {} };
}

/** Headers that authenticate, with the credential behind the scheme. */
function headerValues(link: McpLink): string[] {
  if (link.kind === 'stdio') return [];
  return Object.entries(link.headers)
    .filter(([name]) => /auth|key|token|secret|cookie/i.test(name))
    .flatMap(([, value]) => [value, value.split(' ').at(-1) ?? '']);
}

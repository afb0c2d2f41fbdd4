import { readFileSync } from 'node:fs';
import { plainToInstance } from 'class-transformer';
import { validateSync, type ValidationError } from 'class-validator';
import { messageOf } from '../errors/errors.js';
import { McpServerEntry } from './mcp-server-entry.js';
import type { Environment } from './read-settings.js';

/** How a server is reached. */
export type McpLink =
  | {
      readonly kind: 'stdio';
      readonly command: string;
      readonly args: readonly string[];
      readonly env: Readonly<Record<string, string>>;
      readonly cwd?: string;
    }
  | { readonly kind: 'http'; readonly url: string; readonly headers: Readonly<Record<string, string>> };

/** Whose tools are offered, how they are called, and which of them. */
export interface McpServerSettings {
  readonly name: string;
  /** What the names of its tools begin with, before a `_`; holds none itself. */
  readonly prefix: string;
  readonly link: McpLink;
  /** Patterns of its own names; null allows all. */
  readonly tools: { readonly allow: readonly string[] | null; readonly deny: readonly string[] };
  readonly requiresApproval: boolean | readonly string[];
  /** null: as the server's own hints say. */
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
  let file: unknown;
  try {
    file = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    // The message of a syntax error quotes the file.
    const why = error instanceof SyntaxError ? 'is not JSON' : `cannot be read: ${messageOf(error)}`;
    return problem(`${why} (for example ./mcp.json)`);
  }
  const entries = isRecord(file) ? file.mcpServers : undefined;
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

/** @returns null where it is disabled, or where `reasons` were found */
function readServer(name: string, given: unknown, reasons: string[]): McpServerSettings | null {
  if (!/^[A-Za-z0-9_-]{1,32}$/.test(name)) reasons.push('its name must be 1-32 of A-Z a-z 0-9 _ -');
  if (!isRecord(given)) {
    reasons.push('must be an object');
    return null;
  }
  const entry = plainToInstance(McpServerEntry, given);
  const errors = validateSync(entry, { whitelist: true, forbidNonWhitelisted: true });
  reasons.push(...errors.flatMap((error) => reasonsOf(error, '')));
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

/** class-validator's messages begin with the bare field; a nested one gets its whole path. */
function reasonsOf(error: ValidationError, parent: string): string[] {
  const path = parent === '' ? error.property : `${parent}.${error.property}`;
  const own = Object.values(error.constraints ?? {}).map((text) => text.replace(error.property, () => path));
  return [...own, ...(error.children ?? []).flatMap((child) => reasonsOf(child, path))];
}

/** Puts the values of variables into texts, and keeps which these were. */
class Variables {
  readonly values: string[] = [];
  readonly problems: string[] = [];

  constructor(private readonly env: Environment) {}

  /** @param path of the value in its server, e.g. `headers.Authorization` */
  expand(value: unknown, path: string): unknown {
    if (typeof value === 'string') return this.text(value, path);
    const inside = (key: string | number) => (path === '' ? String(key) : `${path}.${key}`);
    if (Array.isArray(value)) return value.map((item, index) => this.expand(item, inside(index)));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.expand(item, inside(key))]),
    );
  }

  private text(text: string, path: string): string {
    return text.replaceAll(/\$\{([^}]*)\}/g, (whole, name: string) => {
      const value = this.env[name];
      if (!/^[A-Za-z_]\w*$/.test(name)) this.problems.push(`${path}: ${whole} names no variable`);
      else if (value === undefined || value === '')
        this.problems.push(`${path}: the variable ${name} is not set`);
      else this.values.push(value);
      return value ?? '';
    });
  }
}

/** Headers that prove who asks, and what follows the scheme in them. */
function headerValues(link: McpLink): string[] {
  if (link.kind === 'stdio') return [];
  return Object.entries(link.headers)
    .filter(([name]) => /auth|key|token|secret|cookie/i.test(name))
    .flatMap(([, value]) => [value, value.split(' ').at(-1) ?? '']);
}

/** Shorter ones (`1`, `true`, `de`) are no secrets, and taking them out would leave nothing of a log. */
const isLongEnough = (secret: string): boolean => secret.length >= 6;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

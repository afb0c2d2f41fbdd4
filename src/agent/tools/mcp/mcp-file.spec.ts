import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretsOf } from '../../../platform/config/setting-secrets.js';
import { readMcpFile } from './mcp-file.js';
import { loadSettings } from '../../../settings/settings.js';

describe('The file of MCP servers', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'turnpike-mcp-file-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const write = (content: string): string => {
    const path = join(folder, 'mcp.json');
    writeFileSync(path, content);
    return path;
  };
  const read = (mcpServers: unknown, env = {}) => readMcpFile(write(JSON.stringify({ mcpServers })), env);

  it('is read in the usual shape', () => {
    const env = { TOKEN: 'a-secret-token', BASE: 'https://mcp.example.org' };
    const { servers, problems } = read(
      {
        files: { type: 'stdio', command: 'npx', args: ['-y', 'a-server', '/data'], env: { KEY: '${TOKEN}' } },
        issue_desk: { url: '${BASE}/mcp', headers: { Authorization: 'Bearer ${TOKEN}' }, timeoutMs: 5_000 },
        off: { command: 'x', disabled: true },
      },
      env,
    );
    expect(problems).toEqual([]);
    const rest = {
      tools: { allow: null, deny: [] },
      requiresApproval: false,
      repeatable: null,
      timeoutMs: 20_000,
      maxOutputChars: 16_000,
    };
    expect(servers).toEqual([
      {
        name: 'files',
        prefix: 'files',
        link: {
          kind: 'stdio',
          command: 'npx',
          args: ['-y', 'a-server', '/data'],
          env: { KEY: 'a-secret-token' },
        },
        ...rest,
      },
      {
        name: 'issue_desk',
        prefix: 'issue-desk',
        link: {
          kind: 'http',
          url: 'https://mcp.example.org/mcp',
          headers: { Authorization: 'Bearer a-secret-token' },
        },
        ...rest,
        timeoutMs: 5_000,
      },
    ]);
  });

  it.each([
    [{ s: { command: 'x', url: 'http://x' } }, 'server "s": needs either "command" or "url"'],
    [{ s: {} }, 'server "s": needs either "command" or "url"'],
    [{ s: 'x' }, 'server "s": must be an object'],
    [{ 'a b': { command: 'x' } }, 'server "a b": its name must be'],
    [
      { a_b: { command: 'x' }, 'a-b': { command: 'x' } },
      'server "a-b": its tools would be named as those of "a_b"',
    ],
    [{ s: { command: 5 } }, 'server "s": command must be a string'],
    [{ s: { command: 'x', args: 'y' } }, 'server "s": args must be an array'],
    [{ s: { command: 'x', env: { A: 1 } } }, 'server "s": env must be an object whose values are texts'],
    [{ s: { command: 'x', headers: {} } }, 'server "s": headers is of no use without url'],
    [{ s: { url: 'http://x', env: {} } }, 'server "s": env is of no use without command'],
    [{ s: { url: 'ftp://x' } }, 'server "s": url must be an http or https address'],
    [
      { s: { url: 'http://me:pass@x' } },
      'server "s": url must be an http or https address, without a user name',
    ],
    [{ s: { type: 'sse', url: 'http://x' } }, 'server "s": type must be one of'],
    [{ s: { command: 'x', retries: 1 } }, 'server "s": property retries should not exist'],
    [{ s: { command: 'x', tools: { allow: 'a' } } }, 'server "s": tools.allow must be an array'],
    [{ s: { command: 'x', tools: ['a'] } }, 'server "s": tools'],
    [{ s: { command: 'x', tools: { only: [] } } }, 'server "s": property tools.only should not exist'],
    [
      { s: { command: 'x', requiresApproval: 'yes' } },
      'server "s": requiresApproval must be true, false or a list',
    ],
    [{ s: { command: 'x', repeatable: [1] } }, 'server "s": repeatable must be true, false or a list'],
    [{ s: { command: 'x', timeoutMs: '5' } }, 'server "s": timeoutMs must'],
    [{ s: { command: 'x', outputLimit: 1 } }, 'server "s": outputLimit must not be less than 1000'],
    [{ s: { url: 'http://x/${NOBODY}' } }, 'server "s": url: the variable NOBODY is not set'],
    [{ s: { command: 'x', args: ['${EMPTY}'] } }, 'server "s": args.0: the variable EMPTY is not set'],
    [{ s: { command: 'x', env: { A: '${a b}' } } }, 'server "s": env.A: ${a b} names no variable'],
  ])('names server and field in %j', (servers, problem) => {
    expect(read(servers, { EMPTY: '' }).problems).toEqual(
      expect.arrayContaining([expect.stringContaining(problem)]),
    );
  });

  it('reports all faults at once, with the file, and stops only a worker’s start', () => {
    const path = write(JSON.stringify({ mcpServers: { a: { url: 'x', b: 1 }, c: {} } }));
    const load = (APP_ROLE: string) => () =>
      loadSettings({ APP_ROLE, MCP_CONFIG_FILE: path, OPENAI_API_KEY: 'k' });
    expect(load('worker')).toThrow(`MCP_CONFIG_FILE ${path}: server "a": url must be`);
    expect(load('all')).toThrow(`MCP_CONFIG_FILE ${path}: server "c": needs either`);
    expect(load('web')).not.toThrow();
  });

  it('is a fault if it is missing or not JSON, and its content is not shown', () => {
    expect(readMcpFile(join(folder, 'none.json'), {}).problems).toEqual([
      expect.stringMatching(/cannot be read: ENOENT.*for example/),
    ]);
    expect(readMcpFile(write('{"TOKEN": "hidden"'), {}).problems).toEqual([
      'is not JSON (for example ./mcp.json)',
    ]);
    expect(readMcpFile(write('{}'), {}).problems).toEqual(['has no object "mcpServers"']);
  });

  it('gives its secrets to the logger, and none to a message', () => {
    const env = { TOKEN: 'a-secret-token', SHORT: '1' };
    const entry = { command: 'x', args: ['${TOKEN}', '${SHORT}'], timeoutMs: -1 };
    expect(read({ s: entry }, env).problems.join()).not.toContain('a-secret-token');
    const path = write(
      JSON.stringify({
        mcpServers: {
          s: { ...entry, timeoutMs: 1_000 },
          t: { url: 'http://x', headers: { Authorization: 'Bearer written-down', Accept: 'text/plain' } },
        },
      }),
    );
    expect(secretsOf(loadSettings({ ...env, MCP_CONFIG_FILE: path }))).toEqual([
      'a-secret-token',
      'Bearer written-down',
      'written-down',
    ]);
  });
});

import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { eventually } from '../../../../test/support/eventually.js';
import { McpFixture } from '../../../../test/support/mcp.fixture.js';
import { NewerMcpServer } from '../../../../test/support/newer-mcp-server.js';

const OVER_STDIO = `
import { fromJsonSchema, McpServer } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
const inputSchema = fromJsonSchema({ type: 'object', properties: {} });
serveStdio(() => {
  const server = new McpServer({ name: 'newer', version: '1' });
  server.registerTool('hello', { inputSchema }, () => ({ content: [{ type: 'text', text: 'Hello.' }] }));
  return server;
}, { legacy: 'reject' });`;

describe('An MCP server with only the revision of 2026-07-28', () => {
  let fixture: McpFixture;
  let newer: NewerMcpServer;

  beforeEach(async () => {
    fixture = await McpFixture.make();
    newer = await NewerMcpServer.start();
    await fixture.start({ newer: { url: newer.url } });
    await fixture.offered('newer_echo');
  });
  afterEach(async () => {
    await fixture.end();
    await newer.close();
  });

  it('is asked in that revision after it has refused the older one', async () => {
    const { output, error } = await fixture.call('newer_echo', { city: 'Oslo' });
    expect(error).toBeNull();
    expect(output).toMatch(/^Between the marks: what the MCP server "newer" answered/);
    expect(output).toContain('\nIt rains in Oslo.\n');
    const [first, ...others] = newer.asked;
    expect(first?.revision).toBeUndefined();
    for (const { revision } of others) expect(revision).toBe('2026-07-28');
  });

  it('gets arguments in headers as it requires', async () => {
    await fixture.call('newer_echo', { city: 'Oslo' });
    expect(newer.asked.at(-1)).toEqual({ method: 'tools/call', revision: '2026-07-28', city: 'Oslo' });
  });

  it('gets a call only after its arguments are checked', async () => {
    expect(await fixture.call('newer_echo', {})).toMatchObject({ error: 'TOOL_ARGUMENTS_INVALID' });
    expect(newer.asked.filter(({ method }) => method === 'tools/call')).toEqual([]);
  });

  it('may change its list', async () => {
    newer.tools = ['echo', 'more'];
    await eventually(() => {
      newer.announceList();
      expect(fixture.names()).toEqual(['newer_echo', 'newer_more']);
    });
  });

  it('has its broken announcement stream opened again, and its list read again', async () => {
    newer.tools = ['echo', 'more'];
    newer.breakOff();
    await eventually(() => expect(fixture.names()).toEqual(['newer_echo', 'newer_more']));
    const listening = newer.asked.filter(({ method }) => method === 'subscriptions/listen');
    expect(listening).toHaveLength(2);
  });

  it('is notified of a cancelled call', async () => {
    let stopped = false;
    newer.answer = (_city, signal) =>
      new Promise((resolve) => {
        signal.addEventListener('abort', () => {
          stopped = true;
          resolve('');
        });
      });
    const stop = new AbortController();
    const call = fixture.call('newer_echo', { city: 'Oslo' }, stop.signal);
    await eventually(() => expect(newer.asked.at(-1)).toMatchObject({ method: 'tools/call' }));
    stop.abort(new Error('stopped'));
    await expect(call).rejects.toThrow('stopped');
    await eventually(() => expect(stopped).toBe(true));
  });

  it('is detected as gone, and reconnected', async () => {
    await newer.close();
    await eventually(() => expect(fixture.names()).toEqual([]));
    newer.tools = ['echo', 'more'];
    await newer.startAgain();
    await fixture.offered('newer_more');
  });

  it('may be a process', async () => {
    const args = ['--input-type=module', '-e', OVER_STDIO];
    await fixture.start({ newer: { command: process.execPath, args } });
    await fixture.offered('newer_hello');
    expect((await fixture.call('newer_hello')).output).toContain('\nHello.\n');
  });

  it('is pinged every 30 s', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    try {
      await fixture.start({ newer: { url: newer.url } });
      await fixture.offered('newer_echo');
      newer.asked.length = 0;
      vi.advanceTimersByTime(30_000);
      await eventually(() => expect(newer.asked.map(({ method }) => method)).toContain('server/discover'));
      expect(fixture.names()).toEqual(['newer_echo']);
    } finally {
      vi.useRealTimers();
    }
  });
});

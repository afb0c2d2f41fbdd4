import { Readable } from 'node:stream';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import type { McpLink } from './mcp-file.js';
import { cut } from '../tool-output.js';
import { boundedFetch, MAX_MESSAGE_BYTES } from './bounded-fetch.js';

/** UTF-16 units of one line on a server's standard error that are logged. */
const MAX_LINE_CHARS = 2_000;

/**
 * Creates the transport to a server. A redirect is followed only within the origin that the operator named, so that no
 * server can send calls, and the headers that authenticate them, to an internal machine or to anybody else. A process
 * gets the few variables that the SDK deems safe (PATH, HOME, ...) and the configured ones.
 * @param say gets each line on its standard error
 */
export function transportTo(
  link: McpLink,
  say: (line: string) => void,
): StdioClientTransport | StreamableHTTPClientTransport {
  if (link.kind === 'http') {
    return new StreamableHTTPClientTransport(new URL(link.url), {
      requestInit: { headers: link.headers },
      fetch: boundedFetch,
      redirectPolicy: 'same-origin',
    });
  }
  const { command, args, env, cwd } = link;
  const transport = new StdioClientTransport({
    command,
    args: [...args],
    env: { ...env },
    cwd,
    stderr: 'pipe',
    maxBufferSize: MAX_MESSAGE_BYTES,
  });
  if (transport.stderr instanceof Readable) readLines(transport.stderr, say);
  return transport;
}

/** Reads a stream continuously, so that the process never blocks; a line without end is given piece by piece. */
function readLines(stream: Readable, each: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    const last = lines.pop() ?? '';
    rest = last.length > MAX_LINE_CHARS ? '' : last;
    for (const line of rest === '' ? [...lines, last] : lines) {
      if (line.trim() !== '') each(cut(line.trimEnd(), MAX_LINE_CHARS));
    }
  });
  stream.on('end', () => {
    if (rest.trim() !== '') each(rest);
  });
}

import { Readable } from 'node:stream';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import type { McpLink } from '../../config/mcp-file.js';
import { cut } from '../tools/tool-output.js';
import { boundedFetch, MAX_MESSAGE_BYTES } from './bounded-fetch.js';

/** UTF-16 units of one line on a server's standard error that are logged. */
const MAX_LINE_CHARS = 2_000;

/**
 * The way to a server. A process gets the few variables that the SDK deems safe (PATH, HOME, ...) and those configured.
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

/** Reads all there is, so that the process never waits; a line without end is given piece by piece. */
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

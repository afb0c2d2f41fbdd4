import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { failures, TelegramDouble } from '../../../test/support/telegram-double.js';
import { TelegramSettings } from '../settings/telegram.settings.js';
import { BotApi } from './bot-api.js';
import { BotFiles } from './bot-files.js';

const never = new AbortController().signal;
let telegram: TelegramDouble;

beforeEach(async () => {
  telegram = await TelegramDouble.start();
});
afterEach(() => telegram.close());

function filesOf({ root, token }: { readonly root: string; readonly token: string } = telegram): BotFiles {
  const settings = Object.assign(new TelegramSettings(), { botToken: token, apiRoot: root });
  return new BotFiles(new BotApi(settings), settings);
}

/** A server that answers getFile, and the download as the test says. */
async function fileServer(download: RequestListener, path = 'a/b.txt') {
  const server = createServer((request, response) => {
    if (request.url?.startsWith('/file/')) return download(request, response);
    response.setHeader('content-type', 'application/json');
    response.end(
      JSON.stringify({ ok: true, result: { file_id: 'x', file_unique_id: 'x', file_path: path } }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const end = () => {
    server.closeAllConnections();
    server.close();
  };
  return { root: `http://127.0.0.1:${address.port}`, token: '5:SECRET', end };
}

describe('BotFiles', () => {
  it('fetches the content', async () => {
    telegram.keep('f', 'content');
    expect(await filesOf().fetch('f', 100, never)).toEqual({ kind: 'file', content: Buffer.from('content') });
  });

  it('does not fetch a file declared larger than the limit, nor read further than the limit', async () => {
    telegram.keep('f', 'x'.repeat(101));
    expect(await filesOf().fetch('f', 100, never)).toEqual({ kind: 'too-large' });
    expect(telegram.downloads).toEqual([]);
    let sent = 0;
    const endless = await fileServer((_, response) => {
      const more = () => {
        while (!response.destroyed && response.write(Buffer.alloc(10_000))) sent += 10_000;
      };
      response.on('drain', more);
      more();
    });
    expect(await filesOf(endless).fetch('f', 50_000, never)).toEqual({ kind: 'too-large' });
    expect(sent).toBeLessThan(50_000_000);
    endless.end();
  });

  it.each([
    ['too-large', failures.badRequest('file is too big')],
    ['gone', failures.badRequest('wrong file_id or the file is temporarily unavailable')],
    ['unavailable', failures.serverError],
    ['unavailable', failures.resetBefore],
    ['unavailable', failures.limited(7)],
  ])('returns %s when getFile says so', async (kind, failure) => {
    telegram.keep('f', 'content');
    telegram.failNext({ method: 'getFile', with: failure });
    const fetched = await filesOf().fetch('f', 100, never);
    expect(fetched.kind).toBe(kind);
    if (failure.kind === 'answer' && failure.status === 429)
      expect(fetched).toMatchObject({ retryAfterMs: 7_000 });
  });

  it.each([
    ['gone', 404],
    ['unavailable', 502],
    ['unavailable', 302],
  ])('returns %s when the download is answered with %i', async (kind, status) => {
    const server = await fileServer((_, response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:9/' }).end(),
    );
    expect((await filesOf(server).fetch('f', 100, never)).kind).toBe(kind);
    server.end();
  });

  it('keeps the token out of its results', async () => {
    const server = await fileServer((request) => request.socket.destroy());
    const fetched = await filesOf(server).fetch('f', 100, never);
    expect(fetched.kind).toBe('unavailable');
    expect(JSON.stringify(fetched)).not.toContain('SECRET');
    server.end();
  });

  it('stays below its own address, whatever path it gets', async () => {
    const asked: string[] = [];
    const server = await fileServer((request, response) => {
      asked.push(request.url ?? '');
      response.end('x');
    }, 'a b/../../?x#y');
    await filesOf(server).fetch('f', 100, never);
    expect(asked[0]).not.toMatch(/[?#]/);
    server.end();
  });

  it('ends with its signal', async () => {
    const server = await fileServer(() => undefined);
    const stop = new AbortController();
    const fetching = filesOf(server).fetch('f', 100, stop.signal);
    setImmediate(() => stop.abort(new Error('stopped')));
    await expect(fetching).rejects.toThrow('stopped');
    server.end();
  });
});

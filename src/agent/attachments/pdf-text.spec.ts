import { setImmediate as immediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { pdfBomb, pdfOf } from '../../../test/support/pdf.js';
import { pdfLimits, readPdf } from './pdf-text.js';

const never = new AbortController().signal;
const MEBI = 1024 * 1024;

describe('readPdf', () => {
  it('reads the text of all pages', async () => {
    expect(await readPdf(pdfOf('Hello world', 'Second page'), 'a chat', never)).toEqual({
      text: 'Hello world\n\nSecond page\n\n',
      pages: 2,
      allPages: 2,
    });
  });

  it('stops at its limit of pages', async () => {
    const read = await readPdf(pdfOf('one', 'two', 'three'), 'a chat', never, { ...pdfLimits, maxPages: 2 });
    expect(read).toMatchObject({ pages: 2, allPages: 3 });
    expect(read?.text).not.toContain('three');
  });

  it.each([
    ['no PDF', Buffer.from('%PDF-1.7\nnot one')],
    ['one without text', pdfOf('')],
  ])('finds no text in %s', async (_, content) => {
    expect(await readPdf(content, 'a chat', never)).toBeNull();
  });

  it('gives up on a file that unpacks to more than the limit, and does not block this thread', async () => {
    let ticks = 0;
    const ticking = setInterval(() => (ticks += 1), 10);
    const bomb = pdfBomb(600 * MEBI);
    expect(bomb.length).toBeLessThan(2 * MEBI);
    ticks = 0;
    expect(await readPdf(bomb, 'a chat', never, { ...pdfLimits, maxMemoryBytes: 200 * MEBI })).toBeNull();
    clearInterval(ticking);
    expect(ticks).toBeGreaterThan(1);
  }, 60_000);

  it('reads a file that unpacks to less', async () => {
    expect((await readPdf(pdfBomb(20 * MEBI), 'a chat', never))?.text).toContain('Hello');
  });

  it('gives up in time, and reads the next file', async () => {
    const slow = readPdf(pdfBomb(100 * MEBI), 'a chat', never, { ...pdfLimits, timeoutMs: 1 });
    const next = readPdf(pdfOf('next'), 'a chat', never);
    expect(await slow).toBeNull();
    expect((await next)?.text).toContain('next');
  });

  it('reads a file of another chat before the many of the first', async () => {
    const ended: string[] = [];
    const read = (chat: string, name: string) =>
      readPdf(pdfOf(name), chat, new AbortController().signal).then((pdf) =>
        ended.push(pdf?.text.trim() ?? ''),
      );
    const many = ['one', 'two', 'three', 'four', 'five'].map((name) => read('first', name));
    await Promise.all([...many, read('second', 'other')]);
    expect(ended).toEqual(['one', 'other', 'two', 'three', 'four', 'five']);
  }, 60_000);

  it('does not wait for the queue once its signal is aborted', async () => {
    const before = readPdf(pdfBomb(100 * MEBI), 'a chat', never);
    const stop = new AbortController();
    const waiting = readPdf(pdfOf('waits'), 'a chat', stop.signal);
    stop.abort(new Error('stopped'));
    let beforeEnded = false;
    void before.then(() => (beforeEnded = true));
    await expect(waiting).rejects.toThrow('stopped');
    expect(beforeEnded).toBe(false);
    await before;
  });

  it('ends with its signal', async () => {
    const stop = new AbortController();
    const read = readPdf(pdfBomb(200 * MEBI), 'a chat', stop.signal);
    await immediate();
    stop.abort(new Error('stopped'));
    await expect(read).rejects.toThrow('stopped');
  });
});

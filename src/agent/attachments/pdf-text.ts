import { Worker } from 'node:worker_threads';
import { FairQueue } from '../../platform/runtime/fair-queue.js';

/** The text of a PDF. */
export interface PdfText {
  readonly text: string;
  /** Pages that were read, from the first. */
  readonly pages: number;
  readonly allPages: number;
}

export interface PdfLimits {
  readonly maxPages: number;
  readonly maxChars: number;
  readonly timeoutMs: number;
  /** A few bytes may unpack to gigabytes: reading ends when the whole process has grown by this much. */
  readonly maxMemoryBytes: number;
}

export const pdfLimits: PdfLimits = {
  maxPages: 200,
  maxChars: 500_000,
  timeoutMs: 20_000,
  maxMemoryBytes: 512 * 1024 * 1024,
};

/** The interval of the memory checks; JavaScript unpacks some 10 MB meanwhile. */
const WATCH_MS = 50;
const HEAP_MB = 256;

/** By chat. */
const queue = new FairQueue<string>();

/**
 * Reads the text of a PDF in a thread of its own, one at a time in a process, and one of each chat in turn: so no long,
 * hostile or numerous file delays another chat's turn for longer than the limits.
 * @param chat of the file
 * @returns null if it has no text, cannot be read, or exceeds a limit
 */
export async function readPdf(
  content: Buffer,
  chat: string,
  signal: AbortSignal,
  limits: PdfLimits = pdfLimits,
): Promise<PdfText | null> {
  const mine = queue.run(chat, async () => (signal.aborted ? null : await inThread(content, signal, limits)));
  mine.catch(() => undefined);
  return await Promise.race([mine, abortOf(signal)]);
}

async function inThread(content: Buffer, signal: AbortSignal, limits: PdfLimits): Promise<PdfText | null> {
  const { maxPages, maxChars, timeoutMs, maxMemoryBytes } = limits;
  const worker = new Worker(new URL('./pdf-worker.mjs', import.meta.url), {
    workerData: { content: new Uint8Array(content), maxPages, maxChars },
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MB },
    // Its warnings about fonts are useless.
    stdout: true,
    stderr: true,
  });
  const before = process.memoryUsage.rss();
  const stop = () => void worker.terminate();
  const timer = setTimeout(stop, timeoutMs);
  const watch = setInterval(() => {
    if (process.memoryUsage.rss() - before > maxMemoryBytes) stop();
  }, WATCH_MS);
  signal.addEventListener('abort', stop, { once: true });
  try {
    return await answerOf(worker);
  } finally {
    clearTimeout(timer);
    clearInterval(watch);
    signal.removeEventListener('abort', stop);
    await worker.terminate();
  }
}

/** Does not wait for the queue once it is aborted. */
function abortOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { once: true });
  });
}

/** Null for a thread that ends without an answer. */
function answerOf(worker: Worker): Promise<PdfText | null> {
  return new Promise((resolve) => {
    worker.once('message', (answer: PdfText) => resolve(answer.text.trim() === '' ? null : answer));
    worker.once('error', () => resolve(null));
    worker.once('exit', () => resolve(null));
  });
}

// Reads the text of one PDF, in a thread of its own: see pdf-text.ts. Plain JavaScript, so that a thread can start it
// from the sources and from the build alike.
import { parentPort, workerData } from 'node:worker_threads';
import { getDocumentProxy } from 'unpdf';

const { content, maxPages, maxChars } = workerData;
const document = await getDocumentProxy(content, {
  verbosity: 0,
  isEvalSupported: false,
  disableFontFace: true,
});
const pages = Math.min(document.numPages, maxPages);
let text = '';
let read = 0;
while (read < pages && text.length < maxChars) {
  read += 1;
  const page = await document.getPage(read);
  const { items } = await page.getTextContent();
  text += items.map(({ str = '', hasEOL }) => (hasEOL ? `${str}\n` : str)).join('');
  text += '\n\n';
  page.cleanup();
}
// Of threads, not of windows.
// oxlint-disable-next-line unicorn/require-post-message-target-origin
parentPort.postMessage({ text: text.slice(0, maxChars), pages: read, allPages: document.numPages });

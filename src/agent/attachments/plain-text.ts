import { TextDecoder } from 'node:util';

/** Bytes examined to tell text from binary data. */
const SNIFFED = 64 * 1024;

/**
 * The text of a text file: by its byte order mark, as UTF-16 if every other byte is zero, as UTF-8, else as
 * Windows-1252, which spreadsheets still write. Null for a binary file, whatever its name. Pure.
 */
export function decodePlainText(content: Buffer): string | null {
  const encoding = encodingOf(content);
  const text = encoding && decode(content, encoding);
  return text !== null && isReadable(text) ? text : null;
}

type Encoding = 'utf-8' | 'utf-16le' | 'utf-16be' | 'windows-1252';

function encodingOf(content: Buffer): Encoding | null {
  if (content[0] === 0xff && content[1] === 0xfe) return 'utf-16le';
  if (content[0] === 0xfe && content[1] === 0xff) return 'utf-16be';
  const { even, odd, pairs } = zeros(content.subarray(0, SNIFFED));
  if (even + odd === 0) return decode(content, 'utf-8') === null ? 'windows-1252' : 'utf-8';
  if (odd > pairs / 2 && even === 0) return 'utf-16le';
  return even > pairs / 2 && odd === 0 ? 'utf-16be' : null;
}

function zeros(head: Buffer): { even: number; odd: number; pairs: number } {
  let even = 0;
  let odd = 0;
  for (const [index, byte] of head.entries()) {
    if (byte === 0 && index % 2 === 0) even += 1;
    else if (byte === 0) odd += 1;
  }
  return { even, odd, pairs: head.length / 2 };
}

function decode(content: Buffer, encoding: Encoding): string | null {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(content);
  } catch {
    return null;
  }
}

/** A few control characters occur in logs; many mean binary data. */
function isReadable(text: string): boolean {
  const head = text.slice(0, SNIFFED);
  const odd = head.match(/[^\P{Cc}\t\n\r\f]/gu)?.length ?? 0;
  return odd <= head.length / 100 && /\S/.test(text);
}

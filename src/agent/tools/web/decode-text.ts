import { TextDecoder } from 'node:util';

/** A page names its encoding within its first bytes (HTML standard, 13.2.3.2). */
const SNIFFED_BYTES = 1_024;

/** Decodes the bytes of a page: by its byte order mark, its `Content-Type`, its own declaration, else UTF-8. */
export function decodeText(bytes: Buffer, contentType: string | undefined): string {
  const head = bytes.toString('latin1', 0, SNIFFED_BYTES);
  const label = markOf(bytes) ?? charsetIn(contentType ?? '') ?? charsetIn(head) ?? 'utf-8';
  return decoderFor(label).decode(bytes);
}

function markOf(bytes: Buffer): string | undefined {
  if (bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf) return 'utf-8';
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return 'utf-16le';
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return 'utf-16be';
  return undefined;
}

/** `charset=` of a header or a meta element, `encoding=` of an XML declaration. */
function charsetIn(text: string): string | undefined {
  return /(?:charset|<\?xml[^>]*\sencoding)\s*=\s*["']?([\w.:-]+)/i.exec(text)?.[1];
}

function decoderFor(label: string): TextDecoder {
  try {
    return new TextDecoder(label);
  } catch {
    return new TextDecoder();
  }
}

import { readPdf } from './pdf-text.js';
import { plainText } from './plain-text.js';

/** What a file says, and how much of it there is. */
export interface DocumentText {
  readonly text: string;
  /** Set where not all of it could be read, e.g. "its first 200 of 412 pages". */
  readonly part: string | null;
}

/**
 * Reads a file by what it is, not by what it is called.
 * @param chat from which it comes: of many, the files of one do not hold up those of another
 * @returns null where there is no text in it that we can read
 */
export async function documentText(
  content: Buffer,
  chat: string,
  signal: AbortSignal,
): Promise<DocumentText | null> {
  if (content.subarray(0, 1_024).includes('%PDF-')) {
    const pdf = await readPdf(content, chat, signal);
    if (!pdf) return null;
    const part = pdf.pages < pdf.allPages ? `its first ${pdf.pages} of ${pdf.allPages} pages` : null;
    return { text: clean(pdf.text), part };
  }
  const text = plainText(content);
  return text === null ? null : { text: clean(text), part: null };
}

/** PostgreSQL stores neither NUL nor half a surrogate pair. */
function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed().trim();
}

import { readPdf } from './pdf-text.js';
import { decodePlainText } from './plain-text.js';

/** The text of a file, and how much of it was read. */
export interface DocumentText {
  readonly text: string;
  /** Set if only a part could be read, e.g. "its first 200 of 412 pages". */
  readonly part: string | null;
}

/**
 * Reads a file by its content, not by its name.
 * @param chat of the file: one chat's files do not delay another's
 * @returns null if it has no text that we can read
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
  const text = decodePlainText(content);
  return text === null ? null : { text: clean(text), part: null };
}

/** PostgreSQL stores neither NUL nor half a surrogate pair. */
function clean(text: string): string {
  return text.replaceAll('\0', '').toWellFormed().trim();
}

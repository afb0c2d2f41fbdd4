import { GiveUpError } from '../../../errors/errors.js';

/** How a page becomes text: by reading its HTML, or as it stands. */
export type PageKind = 'html' | 'text';

const KINDS: ReadonlyMap<string, PageKind> = new Map([
  ['text/html', 'html'],
  ['application/xhtml+xml', 'html'],
  ['text/plain', 'text'],
  ['text/markdown', 'text'],
  ['text/x-markdown', 'text'],
  ['application/json', 'text'],
  ['application/xml', 'text'],
  ['text/xml', 'text'],
]);

/** @throws GiveUpError `FETCH_TYPE_REFUSED` for what is no text, or does not say what it is */
export function kindOf(contentType: string | undefined): PageKind {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const kind = KINDS.get(type) ?? (/^application\/[\w.-]+\+(?:json|xml)$/.test(type) ? 'text' : undefined);
  if (kind !== undefined) return kind;
  const named = /^[\w.+-]+\/[\w.+-]+$/.test(type)
    ? `is ${type.slice(0, 60)}`
    : 'does not say what type it is';
  throw new GiveUpError(
    'FETCH_TYPE_REFUSED',
    `The page ${named}. Only HTML, plain text, Markdown, JSON and XML can be read.`,
  );
}

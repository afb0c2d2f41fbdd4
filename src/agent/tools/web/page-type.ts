import { GiveUpError } from '../../../platform/errors/errors.js';

/** The way in which a page becomes text: by reading its HTML, or as it stands. */
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

/** Types that a refusal names. A server may make up its type, so no other is shown. */
const NAMED: ReadonlySet<string> = new Set([
  'application/pdf',
  'application/zip',
  'application/gzip',
  'application/octet-stream',
  'application/javascript',
  'text/javascript',
  'text/css',
  'text/csv',
  'image/png',
  'image/jpeg',
  'image/gif',
  'image/webp',
  'image/svg+xml',
  'audio/mpeg',
  'audio/ogg',
  'video/mp4',
  'video/webm',
]);

/** @throws GiveUpError `FETCH_TYPE_REFUSED` for a type that is no text, or missing */
export function pageKindOf(contentType: string | undefined): PageKind {
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const kind = KINDS.get(type) ?? (/^application\/[\w.-]+\+(?:json|xml)$/.test(type) ? 'text' : undefined);
  if (kind !== undefined) return kind;
  throw new GiveUpError(
    'FETCH_TYPE_REFUSED',
    `The page ${NAMED.has(type) ? `is ${type}` : 'does not say what type it is, or names one that is not known'}. ` +
      'Only HTML, plain text, Markdown, JSON and XML can be read.',
  );
}

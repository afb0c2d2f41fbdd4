import { headerOf, type SignedRequest } from './signed-request.js';
import { refused, type Refused } from './verification.js';

type Part =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'body' | 'timestamp' | 'method' | 'url' }
  | { readonly kind: 'header'; readonly name: string };

type Content = { readonly kind: 'content'; readonly chunks: readonly Buffer[] };

const PLACEHOLDER = /(?<placeholder>\{[^{}]*\})/;

/**
 * The text that a signature covers, as a text with placeholders: `{body}` (the raw bytes), `{timestamp}`, `{method}`, `{url}`
 * (the public one), `{header:NAME}`. Slack's is `v0:{timestamp}:{body}`.
 */
export class SignedTemplate {
  private readonly parts: readonly Part[];

  /** @throws RangeError if a placeholder is unknown, or `{body}` is not there exactly once */
  constructor(text: string) {
    this.parts = text
      .split(PLACEHOLDER)
      .filter((piece) => piece !== '')
      .map(parsePart);
    if (this.parts.filter(({ kind }) => kind === 'body').length !== 1)
      throw new RangeError('a signed template has {body} exactly once');
  }

  /** Whether the signature covers the time. */
  get hasTimestamp(): boolean {
    return this.parts.some(({ kind }) => kind === 'timestamp');
  }

  /** @returns the signed bytes in pieces, so that a large body is not copied; or which part the request lacks */
  fill(request: SignedRequest, timestamp: string | null): Content | Refused {
    const chunks: Buffer[] = [];
    for (const part of this.parts) {
      const chunk = chunkOf(part, request, timestamp);
      if (chunk === null) return refused(part.kind === 'timestamp' ? 'missing-timestamp' : 'missing-header');
      chunks.push(chunk);
    }
    return { kind: 'content', chunks };
  }
}

function parsePart(piece: string): Part {
  const placeholder = /^\{(?<name>[^{}]*)\}$/.exec(piece)?.groups?.['name'];
  if (placeholder === undefined) return { kind: 'text', text: piece };
  switch (placeholder) {
    case 'body':
    case 'timestamp':
    case 'method':
    case 'url':
      return { kind: placeholder };
    default: {
      const name = /^header:(?<name>[\w-]+)$/.exec(placeholder)?.groups?.['name'];
      if (name === undefined) throw new RangeError(`a signed template has no placeholder ${piece}`);
      return { kind: 'header', name: name.toLowerCase() };
    }
  }
}

function chunkOf(part: Part, request: SignedRequest, timestamp: string | null): Buffer | null {
  switch (part.kind) {
    case 'text':
      return Buffer.from(part.text);
    case 'body':
      return request.body;
    case 'timestamp':
      return bytesOf(timestamp);
    case 'method':
      return Buffer.from(request.method);
    case 'url':
      return Buffer.from(request.publicUrl);
    case 'header':
      return bytesOf(headerOf(request, part.name));
  }
}

const bytesOf = (text: string | null): Buffer | null => (text === null ? null : Buffer.from(text));

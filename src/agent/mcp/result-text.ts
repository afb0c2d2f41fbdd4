import { isDeepStrictEqual } from 'node:util';
import { type ContentBlock, ContentBlockSchema } from '@modelcontextprotocol/sdk/types.js';
import { OutsideText } from '../../channel/outside-text.js';

/** The answer of a server to a tool call, as far as it is looked at. */
export interface McpResult {
  readonly text: OutsideText;
  /** The tool did not do its work; `text` says why. */
  readonly failed: boolean;
}

/**
 * Puts a result into words: texts as they are, what a text cannot hold by what it is. Structured content is added as JSON
 * unless a text already is that. Servers are compatible to a degree: a block of an unknown kind is named as such. Pure.
 */
export function resultText(result: Readonly<Record<string, unknown>>): McpResult {
  const content = Array.isArray(result.content) ? result.content : [];
  const texts = content.map((block: unknown) => {
    const read = ContentBlockSchema.safeParse(block);
    return read.success ? blockText(read.data) : '[content of an unknown kind]';
  });
  const structured = result.structuredContent;
  if (structured !== undefined && !texts.some((text) => isJsonOf(text, structured))) {
    texts.push(JSON.stringify(structured));
  }
  const text = texts.join('\n').trim();
  return {
    text: OutsideText.of(text === '' ? 'Done; there is no output.' : text),
    failed: result.isError === true,
  };
}

function blockText(block: ContentBlock): string {
  switch (block.type) {
    case 'text':
      return block.text;
    case 'image':
    case 'audio':
      return `[${block.type} of ${sizeOf(block.data)}, ${block.mimeType}, which cannot be shown here]`;
    case 'resource_link': {
      const { uri, name, mimeType, description } = block;
      return `[link to the resource ${name}: ${uri}${list(mimeType, description)}]`;
    }
    case 'resource': {
      const { uri, mimeType } = block.resource;
      return 'text' in block.resource
        ? `[resource ${uri}${list(mimeType)}]\n${block.resource.text}`
        : `[resource ${uri}${list(mimeType)}, ${sizeOf(block.resource.blob)}, which cannot be shown here]`;
    }
  }
}

const list = (...parts: readonly (string | undefined)[]): string =>
  parts.map((part) => (part ? `, ${part}` : '')).join('');

/** Of what is written in base64. */
const sizeOf = (base64: string): string => `${Buffer.byteLength(base64, 'base64')} bytes`;

function isJsonOf(text: string, value: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(text), value);
  } catch {
    return false;
  }
}

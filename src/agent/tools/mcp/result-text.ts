import { isDeepStrictEqual } from 'node:util';
import { type ContentBlock, isSpecType } from '@modelcontextprotocol/client';
import { OutsideText } from '../../../channel/outside-text.js';

/** The used part of a server's answer to a tool call. */
export interface McpResult {
  readonly text: OutsideText;
  /** True if the tool failed; `text` gives the reason. */
  readonly failed: boolean;
}

/**
 * Writes a result as text: text blocks as they are, other blocks by a description. Structured content is added as JSON
 * unless a block already equals it. Servers are compatible to a degree: a block of an unknown kind is named as such.
 * Pure.
 */
export function resultText(result: Readonly<Record<string, unknown>>): McpResult {
  const content = Array.isArray(result.content) ? result.content : [];
  const texts = content.map((block: unknown) =>
    isSpecType.ContentBlock(block) ? blockText(block) : '[content of an unknown kind]',
  );
  const structured = result.structuredContent;
  if (structured !== undefined && !texts.some((text) => isJsonOf(text, structured))) {
    texts.push(JSON.stringify(structured));
  }
  const text = texts.join('\n').trim();
  return {
    text: OutsideText.fromUntrusted(text === '' ? 'Done; there is no output.' : text),
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

/** The size of a base64 string's content. */
const sizeOf = (base64: string): string => `${Buffer.byteLength(base64, 'base64')} bytes`;

function isJsonOf(text: string, value: unknown): boolean {
  try {
    return isDeepStrictEqual(JSON.parse(text), value);
  } catch {
    return false;
  }
}

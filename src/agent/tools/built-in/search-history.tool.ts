import { Injectable } from '@nestjs/common';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { spokenBy } from '../../../channel/names.js';
import { OutsideText } from '../../../channel/outside-text.js';
import { type FoundMessage, MessageSearchRepository } from '../../../memory/message-search.repository.js';
import type { ToolContext } from '../tool-context.js';
import { hasOutsideText, isPlanned, markAsOutside } from '../outside-text.js';
import { DEFAULT_MAX_OUTPUT_CHARS, Describe, Tool } from '../tool.decorator.js';

const MAX_RESULTS = 10;
const EXCERPT_CHARS = 300;

export class SearchHistoryParameters {
  @Describe(
    'Words that were used, in the language they were written in; "quotes" for a phrase, -word to leave out.',
  )
  @IsString()
  @IsNotEmpty()
  @MaxLength(200)
  query: string;
}

/** Finds messages of this conversation, including old ones and those before a reset. */
@Injectable()
export class SearchHistoryTool {
  constructor(private readonly messages: MessageSearchRepository) {}

  @Tool({
    name: 'search_history',
    description:
      `Searches all earlier messages of this conversation, also those that are no longer shown to you, and returns ` +
      `the newest ${MAX_RESULTS} that match, each with its date, who said it and an excerpt.`,
    parameters: SearchHistoryParameters,
    sideEffects: false,
  })
  async search({ query }: SearchHistoryParameters, { conversationId }: ToolContext): Promise<string> {
    const found = await this.messages.search(conversationId, query, MAX_RESULTS);
    if (found.length === 0)
      return `No earlier message matches ${JSON.stringify(query)}. Try fewer or other words.`;
    const lines = found.map((message) => describe(message, query)).join('\n');
    // Excerpts do not have the marks of their messages.
    if (!found.some(isOutside)) return lines;
    return markAsOutside(
      OutsideText.fromUntrusted(lines),
      'what was found, in part text from outside this conversation',
      DEFAULT_MAX_OUTPUT_CHARS,
    );
  }
}

const isOutside = ({ text, outside }: FoundMessage): boolean =>
  outside || hasOutsideText(text) || isPlanned(text);

function describe({ createdAt, role, author, text }: FoundMessage, query: string): string {
  const said = spokenBy(author, excerpt(text, query, EXCERPT_CHARS));
  return `${createdAt.toISOString()} ${author === null ? `${role}: ` : `${role} `}${said}`;
}

/**
 * One line of at most about `length` UTF-16 units of the text, around the first word of the query in it, else from its
 * beginning. `…` marks omissions.
 */
export function excerpt(text: string, query: string, length: number): string {
  const line = text.replaceAll(/\s+/g, ' ').trim();
  if (line.length <= length) return line;
  const found = firstMention(line, query);
  const start = Math.max(0, Math.min(found - Math.floor(length / 3), line.length - length));
  // Cut between characters, never inside a surrogate pair.
  const from = insidePair(line, start) ? start + 1 : start;
  const end = Math.min(line.length, start + length);
  const to = insidePair(line, end) ? end - 1 : end;
  return `${from > 0 ? '…' : ''}${line.slice(from, to)}${to < line.length ? '…' : ''}`;
}

/** The first position of a word of the query in the text; 0 if there is none. */
function firstMention(line: string, query: string): number {
  const words = query.split(/[^\p{L}\p{M}\p{N}]+/u).filter((word) => word !== '');
  const positions = words
    .map((word) => line.search(new RegExp(word, 'iu')))
    .filter((position) => position >= 0);
  return positions.length === 0 ? 0 : Math.min(...positions);
}

function insidePair(text: string, index: number): boolean {
  const before = text.charCodeAt(index - 1);
  const after = text.charCodeAt(index);
  return before >= 0xd800 && before < 0xdc00 && after >= 0xdc00 && after < 0xe000;
}

// Finds faults in the places where a long answer was cut.
import type { MessageEntity } from '@grammyjs/types';
import { splitsSurrogatePair } from './characters.js';
import type { FormattedText } from './formatted-text.js';

const LIMIT = 4096;
const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** A cut: the white space between two messages, as a range of the whole text. */
interface Cut {
  readonly start: number;
  readonly end: number;
  readonly wrong: readonly string[];
}

export function cutsOf(whole: FormattedText, parts: readonly FormattedText[]): Cut[] {
  const places = placesOf(whole.text, parts);
  const blocks = blocksOf(whole);
  return places.slice(1).map(({ start: end }, index) => {
    const start = places[index]?.end ?? 0;
    const wrong = [...wrongPlace(whole, start, end), ...wrongBlocks(blocks, start, end)];
    return {
      start,
      end,
      wrong: [...wrong, ...wrongFence(whole, start, end, parts[index], parts[index + 1])].map(
        (what) => `${what} at ${start}: ${whole.text.slice(start - 40, end + 40)}`,
      ),
    };
  });
}

function placesOf(text: string, parts: readonly FormattedText[]): { start: number; end: number }[] {
  let from = 0;
  return parts.map((part) => {
    const start = text.indexOf(part.text, from);
    if (start < 0) throw new Error(`not in the whole: ${part.text}`);
    from = start + part.text.length;
    return { start, end: from };
  });
}

function wrongPlace({ text, entities }: FormattedText, start: number, end: number): string[] {
  const wrong: string[] = [];
  if (splitsSurrogatePair(text, start)) wrong.push('inside a surrogate pair');
  const grapheme = graphemes.segment(text).containing(start);
  if (grapheme && grapheme.index !== start && grapheme.segment.length < LIMIT)
    wrong.push('inside a grapheme');
  const isCut = (one: MessageEntity) => one.offset < start && one.offset + one.length > end;
  for (const entity of entities.filter(isCut)) {
    const fits = entity.length <= (isBlock(entity) ? LIMIT : LIMIT / 2);
    if (fits && !isLinkHeavy(entities)) wrong.push(`inside ${entity.type}`);
  }
  return wrong;
}

/** A code block that is cut is closed and opened again, in the same language. */
function wrongFence(
  { entities }: FormattedText,
  start: number,
  end: number,
  before: FormattedText | undefined,
  behind: FormattedText | undefined,
): string[] {
  const fence = entities.find(
    ({ type, offset, length }) => type === 'pre' && offset < start && offset + length > end,
  );
  if (!fence || !before || !behind) return [];
  const closed = before.entities.findLast(({ type }) => type === 'pre');
  const opened = behind.entities.find(({ type }) => type === 'pre');
  const holds =
    closed &&
    opened &&
    closed.offset + closed.length === before.text.length &&
    opened.offset === 0 &&
    Reflect.get(closed, 'language') === Reflect.get(fence, 'language') &&
    Reflect.get(opened, 'language') === Reflect.get(fence, 'language');
  return holds ? [] : ['a fence not closed and opened again'];
}

function wrongBlocks(
  blocks: readonly { start: number; end: number }[],
  start: number,
  end: number,
): string[] {
  return blocks
    .filter((block) => block.start < start && block.end > end && block.end - block.start <= LIMIT)
    .map((block) => `inside a block of ${block.end - block.start}`);
}

/** The ranges between blank lines that are not inside code, and between the ends of quotes. */
function blocksOf({ text, entities }: FormattedText): { start: number; end: number }[] {
  if (isLinkHeavy(entities)) return [];
  const pres = entities.filter(({ type }) => type === 'pre');
  const isCode = (index: number) =>
    pres.some(({ offset, length }) => offset < index && offset + length > index);
  const blanks = [...text.matchAll(/\n\n/g)].map(({ index }) => index).filter((index) => !isCode(index));
  const quotes = entities.filter(({ type }) => type === 'blockquote');
  const ends = quotes.flatMap(({ offset, length }) => [offset, offset + length]);
  const edges = [...new Set([0, ...blanks, ...ends, text.length])].toSorted((a, b) => a - b);
  const blocks = edges.slice(1).map((end, index) => {
    const from = edges[index] ?? 0;
    return { start: from + (/^\n*/.exec(text.slice(from, end))?.[0].length ?? 0), end };
  });
  // A block right below a quote is no block of its own.
  return blocks.filter(({ start }) => start === 0 || text.slice(start - 2, start) === '\n\n');
}

function isBlock({ type }: MessageEntity): boolean {
  return type === 'pre' || type === 'blockquote';
}

/** More than 100 links and code blocks end a message early. */
function isLinkHeavy(entities: readonly MessageEntity[]): boolean {
  const addresses = entities.filter(({ type }) => type === 'text_link' || type === 'pre');
  const size = addresses.reduce((sum, one) => sum + (one.type === 'text_link' ? one.url.length : 0), 0);
  return addresses.length > 100 || size > 8192;
}

import type { MessageEntity } from '@grammyjs/types';
import { isSpaceAt, splitsSurrogatePair } from './characters.js';
import { firstEndingAfter, inOrder } from './entities.js';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
// A sentence's end before white space, or one that needs none after it.
const SENTENCE_END = /[.!?…:;]["'”’)\]]*\s|[。！？]/g;

/**
 * Finds where to end a part of a long text. A block that fits one part is not cut, whatever that leaves of the part before
 * it; within one that is longer, cuts that leave a part less than half full are not wanted.
 */
export class CutFinder {
  private readonly pres: readonly MessageEntity[];
  private readonly quotes: readonly MessageEntity[];
  /** Links, styles and inline code that are short enough to go into the next part whole; the outermost of nested ones. */
  private readonly atoms: readonly MessageEntity[];
  private segments: Intl.Segments | undefined;

  /** @param limit length of a whole part */
  constructor(
    private readonly text: string,
    entities: readonly MessageEntity[],
    private readonly limit: number,
  ) {
    this.pres = inOrder(entities.filter(({ type }) => type === 'pre'));
    this.quotes = inOrder(entities.filter(({ type }) => type === 'blockquote'));
    this.atoms = outermost(entities.filter((entity) => isInline(entity) && entity.length <= limit >> 1));
  }

  /** The best place to end a part that begins at `start` and may not reach past `bound`: above `start`. */
  find(start: number, bound: number): number {
    const whole = this.wholeAcross(start, bound);
    if (whole) return this.beforeBlockOf(whole, start);
    const floor = start + ((bound - start) >> 1);
    const pre = around(this.pres, bound);
    if (pre) return this.inCode(Math.max(floor, pre.offset), bound) ?? this.inLine(start, floor, bound);
    return (
      this.betweenBlocks(start, floor, bound) ??
      this.lastLineEnd(floor, bound) ??
      this.afterSentence(floor, bound) ??
      this.inLine(start, floor, bound)
    );
  }

  /** The place of the first code block that ends behind a position. */
  codeBehind(position: number): MessageEntity | undefined {
    return this.pres[firstEndingAfter(this.pres, position)];
  }

  /** The quote or code block across the bound that goes into the next part, where it fits or enough is before it. */
  private wholeAcross(start: number, bound: number): MessageEntity | undefined {
    const quote = around(this.quotes, bound);
    if (quote && quote.offset > start && quote.length <= this.limit) return quote;
    const pre = around(this.pres, bound);
    if (!pre || pre.offset <= start) return undefined;
    const isLate = (pre.offset - start) / (bound - start) >= 0.75;
    return isLate || pre.length <= this.limit ? pre : undefined;
  }

  /** Between lines of code, best before one that is not indented. */
  private inCode(floor: number, bound: number): number | undefined {
    return (
      this.lastWhere('\n\n', floor, bound, (at) => !isSpaceAt(this.text, at + 2)) ??
      this.lastWhere('\n', floor, bound, (at) => !isSpaceAt(this.text, at + 1)) ??
      this.lastWhere('\n', floor, bound, () => true)
    );
  }

  /** Before the words that stand right above a quote or code, where both fit one part. */
  private beforeBlockOf(whole: MessageEntity, start: number): number {
    const at = this.lastBlockEnd(start, whole.offset);
    return at !== undefined && endOf(whole) - (at + 2) <= this.limit ? at : whole.offset;
  }

  private betweenBlocks(start: number, floor: number, bound: number): number | undefined {
    const at = this.lastBlockEnd(start, bound);
    return at !== undefined && (at >= floor || this.fitsBehind(at)) ? at : undefined;
  }

  /** The last blank line that is not inside code, or inside a quote that ends in this part. */
  private lastBlockEnd(start: number, bound: number): number | undefined {
    return this.lastWhere('\n\n', start, bound, (at) => {
      const quote = around(this.quotes, at);
      return !around(this.pres, at) && (!quote || endOf(quote) > bound);
    });
  }

  /** Does the block behind a cut fit a part? */
  private fitsBehind(cut: number): boolean {
    let begin = cut;
    while (isSpaceAt(this.text, begin)) begin++;
    const reach = begin + this.limit;
    return reach >= this.text.length || this.text.slice(begin, reach + 2).includes('\n\n');
  }

  private lastLineEnd(floor: number, bound: number): number | undefined {
    return this.lastWhere('\n', floor, bound, (at) => !around(this.atoms, at));
  }

  private afterSentence(floor: number, bound: number): number | undefined {
    const found = [...this.text.slice(floor, bound + 1).matchAll(SENTENCE_END)];
    const ends = found.map(({ index, 0: words }) => floor + index + words.trimEnd().length);
    return ends.findLast((end) => end <= bound && this.isFree(end));
  }

  private inLine(start: number, floor: number, bound: number): number {
    for (let at = bound; at > floor; at--) if (isSpaceAt(this.text, at) && this.isFree(at)) return at;
    const atom = around(this.atoms, bound);
    return atom && atom.offset > floor && this.isFree(atom.offset) ? atom.offset : this.hard(start, bound);
  }

  /** Between graphemes; inside one that is longer than a part; never inside a surrogate pair. */
  private hard(start: number, bound: number): number {
    const grapheme = this.graphemeAt(bound);
    if (grapheme > start) return grapheme;
    const cut = splitsSurrogatePair(this.text, bound) ? bound - 1 : bound;
    return cut > start ? cut : bound;
  }

  /** May a cut be here: not inside a short entity, not inside a grapheme? */
  private isFree(at: number): boolean {
    return !around(this.atoms, at) && this.graphemeAt(at) === at;
  }

  private graphemeAt(index: number): number {
    this.segments ??= graphemes.segment(this.text);
    return this.segments.containing(index)?.index ?? index;
  }

  /** The last place of a separator in `(floor, bound]` that fulfils a condition. */
  private lastWhere(
    separator: string,
    floor: number,
    bound: number,
    fits: (at: number) => boolean,
  ): number | undefined {
    const window = this.text.slice(floor, bound + separator.length);
    for (let at = window.lastIndexOf(separator); at > 0; at = window.lastIndexOf(separator, at - 1)) {
      if (fits(floor + at)) return floor + at;
    }
    return undefined;
  }
}

/** The one of these entities (in order, not overlapping) that has a position strictly inside. */
function around(entities: readonly MessageEntity[], position: number): MessageEntity | undefined {
  const entity = entities[firstEndingAfter(entities, position)];
  return entity && entity.offset < position ? entity : undefined;
}

function outermost(entities: readonly MessageEntity[]): MessageEntity[] {
  let reached = 0;
  return inOrder(entities).filter((entity) => {
    if (entity.offset < reached) return false;
    reached = endOf(entity);
    return true;
  });
}

function isInline({ type }: MessageEntity): boolean {
  return type !== 'pre' && type !== 'blockquote';
}

function endOf({ offset, length }: MessageEntity): number {
  return offset + length;
}

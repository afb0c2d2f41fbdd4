import type { MessageEntity } from '@grammyjs/types';
import { isSpaceAt, splitsSurrogatePair } from './characters.js';
import { firstEndingAfter, inOrder } from './entities.js';

const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
// A sentence's end before white space, or one that needs none after it.
const SENTENCE_END = /[.!?…:;]["'”’)\]]*\s|[。！？]/g;

/** Finds where to end a part of a long text. Cuts that leave a part less than half full are not wanted. */
export class CutFinder {
  private readonly pres: readonly MessageEntity[];
  private segments: Intl.Segments | undefined;

  /** @param limit length of a whole part: a code block that fits one is not cut */
  constructor(
    private readonly text: string,
    entities: readonly MessageEntity[],
    private readonly limit: number,
  ) {
    this.pres = inOrder(entities.filter(({ type }) => type === 'pre'));
  }

  /** The best place to end a part that begins at `start` and may not reach past `bound`: above `start`. */
  find(start: number, bound: number): number {
    const pre = this.preAround(bound);
    if (pre && this.goesWhole(pre, start, bound)) return pre.offset;
    const floor = start + ((bound - start) >> 1);
    const cut = pre ? this.inCode(Math.max(floor, pre.offset), bound) : this.betweenBlocks(floor, bound);
    return (
      cut ??
      this.lastOf('\n', floor, bound) ??
      (pre ? undefined : this.afterSentence(floor, bound)) ??
      this.atSpace(floor, bound) ??
      this.hard(start, bound)
    );
  }

  /** Does a code block across the bound go into the next part whole, because it fits and enough is left here? */
  private goesWhole({ offset, length }: MessageEntity, start: number, bound: number): boolean {
    const filled = (offset - start) / (bound - start);
    return filled >= 0.75 || (filled >= 0.25 && length <= this.limit);
  }

  /** Between lines of code, best before one that is not indented: its indentation would be lost at the cut. */
  private inCode(floor: number, bound: number): number | undefined {
    return (
      this.lastWhere('\n\n', floor, bound, (at) => !isSpaceAt(this.text, at + 2)) ??
      this.lastWhere('\n', floor, bound, (at) => !isSpaceAt(this.text, at + 1))
    );
  }

  private betweenBlocks(floor: number, bound: number): number | undefined {
    const at = this.lastOf('\n\n', floor, bound);
    const pre = at === undefined ? undefined : this.preAround(at);
    // A blank line inside a code block that ends in this part: the block's own end is nearer to the bound.
    return pre ? pre.offset + pre.length : at;
  }

  private afterSentence(floor: number, bound: number): number | undefined {
    const found = [...this.text.slice(floor, bound + 1).matchAll(SENTENCE_END)].at(-1);
    const end = found ? floor + found.index + found[0].trimEnd().length : undefined;
    return end !== undefined && end <= bound ? end : undefined;
  }

  private atSpace(floor: number, bound: number): number | undefined {
    for (let at = bound; at > floor; at--) if (isSpaceAt(this.text, at)) return at;
    return undefined;
  }

  /** Between graphemes; inside one that is longer than a part; never inside a surrogate pair. */
  private hard(start: number, bound: number): number {
    this.segments ??= graphemes.segment(this.text);
    const grapheme = this.segments.containing(bound)?.index ?? bound;
    if (grapheme > start) return grapheme;
    const cut = splitsSurrogatePair(this.text, bound) ? bound - 1 : bound;
    return cut > start ? cut : bound;
  }

  private lastOf(separator: string, floor: number, bound: number): number | undefined {
    return this.lastWhere(separator, floor, bound, () => true);
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

  private preAround(position: number): MessageEntity | undefined {
    const pre = this.pres[firstEndingAfter(this.pres, position)];
    return pre && pre.offset < position ? pre : undefined;
  }
}

/**
 * Text from neither an operator nor the sender of the message it belongs to: a page, a forwarded message, a title. It
 * is not a string and does not become one by accident: only the functions that mark it as data read it, so none of it
 * enters a prompt unmarked. See `quoteOutside` and `markAsOutside`.
 */
export class OutsideText {
  readonly #words: string;

  private constructor(words: string) {
    this.#words = words;
  }

  static fromUntrusted(words: string): OutsideText {
    return new OutsideText(words);
  }

  /** Joins texts; the result is from outside, even if only one part is. */
  static join(parts: readonly (OutsideText | string | null)[], separator: string): OutsideText {
    const words = parts.flatMap((part) => (part instanceof OutsideText ? part.#words : (part ?? [])));
    return new OutsideText(words.join(separator));
  }

  /** UTF-16 units. */
  get length(): number {
    return this.#words.length;
  }

  /** Transforms the text; the result is from outside too. */
  map(change: (words: string) => string): OutsideText {
    return new OutsideText(change(this.#words));
  }

  /** As `map`. */
  async mapAsync(change: (words: string) => Promise<string>): Promise<OutsideText> {
    return new OutsideText(await change(this.#words));
  }

  /** @throws TypeError always */
  toString(): never {
    throw unmarked();
  }

  /** @throws TypeError always */
  toJSON(): never {
    throw unmarked();
  }

  /** @throws TypeError always */
  [Symbol.toPrimitive](): never {
    throw unmarked();
  }

  /** For the functions that mark it only: `src/rooms.spec.ts` holds the list of callers. */
  static unmarked(text: OutsideText): string {
    return text.#words;
  }
}

const unmarked = (): TypeError => new TypeError('text from outside has to be marked as data first');

/**
 * Text that comes neither from an operator nor from the sender of the message it is about: a page, a forwarded message, a
 * title that somebody else chose. It is no string, and does not become one by accident: only the functions that mark it as
 * data read it, so nothing of it gets into a prompt unmarked. See `quoteOutside` and `markAsOutside`.
 */
export class OutsideText {
  readonly #words: string;

  private constructor(words: string) {
    this.#words = words;
  }

  static of(words: string): OutsideText {
    return new OutsideText(words);
  }

  /** One text of several; whatever is among them, all of it is from outside. */
  static join(parts: readonly (OutsideText | string | null)[], separator: string): OutsideText {
    const words = parts.flatMap((part) => (part instanceof OutsideText ? part.#words : (part ?? [])));
    return new OutsideText(words.join(separator));
  }

  /** UTF-16 units. */
  get length(): number {
    return this.#words.length;
  }

  /** The same text, changed: what is made of it is from outside too. */
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

  /** For the functions that mark it, and for nobody else: `src/rooms.spec.ts` holds who that is. */
  static unmarked(text: OutsideText): string {
    return text.#words;
  }
}

const unmarked = (): TypeError => new TypeError('text from outside has to be marked as data first');

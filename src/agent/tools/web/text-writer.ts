/** Weakest first: of two breaks without text between them the stronger one wins. */
const BREAKS = ['', ' ', ' | ', '\n', '\n\n'];

/** Joins text with as few spaces and line breaks as a reader needs. */
export class TextWriter {
  private readonly parts: string[] = [];
  private pending = 0;
  private marker = '';

  /** The length so far, for `textBetween`. */
  get position(): number {
    return this.parts.length;
  }

  /** Separates the next text from the last by this, or by a stronger pending break. */
  separate(by: string): void {
    this.pending = Math.max(this.pending, BREAKS.indexOf(by));
  }

  /** Goes right before the next text; dropped without text. */
  mark(marker: string): void {
    this.marker = marker;
  }

  /** Text in which runs of white space mean one space. */
  flow(text: string): void {
    const words = text.replaceAll(/\s+/g, ' ');
    if (words.startsWith(' ')) this.separate(' ');
    this.verbatim(words.trim());
    if (words.length > 1 && words.endsWith(' ')) this.separate(' ');
  }

  /** Text whose white space counts. */
  verbatim(text: string): void {
    if (text === '') return;
    this.parts.push(BREAKS[this.pending] ?? '', this.marker, text);
    this.pending = 0;
    this.marker = '';
  }

  textBetween(from: number, to: number): string {
    return this.parts.slice(from, to).join('').trim();
  }
}

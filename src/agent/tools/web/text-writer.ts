/** Weakest first: of two breaks without text between them the stronger one stands. */
const BREAKS = ['', ' ', ' | ', '\n', '\n\n'];

/** Puts text together with no more space between than a reader needs. */
export class TextWriter {
  private readonly parts: string[] = [];
  private pending = 0;
  private marker = '';

  /** How much is written, for `textBetween`. */
  get position(): number {
    return this.parts.length;
  }

  /** The next text is set apart from the last by this, or by what is pending already where that is stronger. */
  separate(by: string): void {
    this.pending = Math.max(this.pending, BREAKS.indexOf(by));
  }

  /** Stands right before the next text; none without text. */
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

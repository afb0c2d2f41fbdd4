import { setImmediate } from 'node:timers/promises';
import { Parser } from 'htmlparser2';
import { GiveUpError } from '../../../platform/errors/errors.js';
import { type Attributes, breakAround, isMain, isSkipped, markerOf } from './elements.js';
import { TextWriter } from './text-writer.js';

/** The deepest nesting of elements. The parser's time grows with it; pages stay far below. */
const MAX_DEPTH = 1_000;

/** UTF-16 units parsed before the event loop gets a turn. */
const SLICE_CHARS = 16_384;

/**
 * The text of an HTML page as a reader sees it: headings and items marked as in Markdown, a table row a line, without
 * navigation, scripts and hidden parts; of a page with a `<main>` only that and the title. Takes time in proportion to
 * the length whatever is in it, and lets other work run in between.
 * @throws GiveUpError `FETCH_UNREADABLE`; the reason of `signal`
 */
export async function readableText(html: string, signal: AbortSignal): Promise<string> {
  const reader = new PageReader();
  const parser = new Parser({
    onopentag: (name, attributes) => reader.open(name, attributes),
    ontext: (text) => reader.text(text),
    onclosetag: (name) => reader.close(name),
  });
  for (let start = 0; start < html.length; start += SLICE_CHARS) {
    signal.throwIfAborted();
    parser.write(html.slice(start, start + SLICE_CHARS));
    await setImmediate();
  }
  parser.end();
  return reader.result();
}

/** Receives elements in the order of the page. */
class PageReader {
  private readonly body = new TextWriter();
  private readonly title = new TextWriter();
  private depth = 0;
  /** The depth of the outermost element that is skipped, preformatted, the title, the main part; 0: in none. */
  private skippedAt = 0;
  private preformattedAt = 0;
  private titleAt = 0;
  private mainAt = 0;
  private main: { readonly from: number; to: number } | null = null;

  open(name: string, attributes: Attributes): void {
    this.depth += 1;
    if (this.depth > MAX_DEPTH) {
      throw new GiveUpError('FETCH_UNREADABLE', `The page nests more than ${MAX_DEPTH} elements.`);
    }
    if (this.skippedAt > 0) return;
    if (isSkipped(name, attributes)) this.skip();
    else if (name === 'title') this.titleAt ||= this.depth;
    else this.enter(name, attributes);
  }

  text(text: string): void {
    if (this.skippedAt > 0) return;
    if (this.titleAt > 0) this.title.flow(text);
    else if (this.preformattedAt > 0) this.body.verbatim(text);
    else this.body.flow(text);
  }

  close(name: string): void {
    if (this.skippedAt === 0) this.leave(name);
    if (this.skippedAt === this.depth) this.skippedAt = 0;
    if (this.titleAt === this.depth) this.titleAt = 0;
    if (this.preformattedAt === this.depth) this.preformattedAt = 0;
    if (this.mainAt === this.depth) this.leaveMain();
    this.depth -= 1;
  }

  result(): string {
    const title = this.title.textBetween(0, this.title.position);
    const main = this.main ? this.body.textBetween(this.main.from, this.main.to) : '';
    const text = main === '' ? this.body.textBetween(0, this.body.position) : main;
    return (title === '' ? text : `Title: ${title}\n\n${text}`).trim();
  }

  private enter(name: string, attributes: Attributes): void {
    this.body.separate(breakAround(name));
    if (markerOf(name) !== '') this.body.mark(markerOf(name));
    if (name === 'pre') this.preformattedAt ||= this.depth;
    if (this.main === null && isMain(name, attributes)) {
      this.main = { from: this.body.position, to: this.body.position };
      this.mainAt = this.depth;
    }
  }

  private leave(name: string): void {
    this.body.separate(breakAround(name));
    // An item or a heading without text leaves no marker behind.
    if (markerOf(name) !== '') this.body.mark('');
  }

  private skip(): void {
    this.body.separate(' ');
    this.skippedAt = this.depth;
  }

  private leaveMain(): void {
    if (this.main) this.main.to = this.body.position;
    this.mainAt = 0;
  }
}

/** Prints the demo's output. The only part of the product that writes to standard output by itself. */
export class DemoOutput {
  private progressShown = false;
  private lastProgress = '';

  constructor(private readonly out: NodeJS.WriteStream) {}

  line(text = ''): void {
    this.endProgress();
    this.out.write(`${text}\n`);
  }

  /** A line that replaces itself on a terminal; elsewhere only every quarter of the way is printed. */
  progress(text: string, done: number, total: number): void {
    if (this.out.isTTY) {
      this.out.write(`\r\u001b[2K${text}`);
      this.progressShown = true;
      return;
    }
    const quarter = `${Math.floor((done / total) * 4)}`;
    if (quarter === this.lastProgress) return;
    this.lastProgress = quarter;
    this.out.write(`${text}\n`);
  }

  private endProgress(): void {
    if (this.progressShown) this.out.write('\n');
    this.progressShown = false;
  }
}

/** A bar of `width` characters. */
export function bar(done: number, total: number, width = 30): string {
  const filled = total === 0 ? width : Math.round((Math.min(done, total) / total) * width);
  return `[${'#'.repeat(filled)}${'.'.repeat(width - filled)}]`;
}

/** Milliseconds as a person reads them: `0.8 ms`, `35 ms`, `1,204 ms`. */
export function milliseconds(value: number): string {
  return `${value < 10 ? value.toFixed(1) : Math.round(value).toLocaleString('en')} ms`;
}

/** A message on one line of the terminal. */
export function oneLine(text: string, width: number): string {
  const flat = text.replace(/\s+/g, ' ').trim();
  return flat.length <= width ? flat : `${flat.slice(0, width - 1)}…`;
}

import type { DestinationStream } from 'pino';

/** UTF-16 units that are held, at most. */
const MAX_HELD = 65_536;

/**
 * Writes the lines of one turn of the event loop at once: a system call for each would cost more than the line. A
 * process that ends, also by an error that nobody catches, writes them before. One that is killed loses those that were
 * logged since it last waited for anything.
 */
export class JoinedLines implements DestinationStream {
  private held = '';

  /** @param out writes synchronously */
  constructor(private readonly out: DestinationStream) {
    process.once('exit', () => this.flush());
  }

  write(line: string): void {
    if (this.held === '') setImmediate(() => this.flush());
    this.held += line;
    if (this.held.length >= MAX_HELD) this.flush();
  }

  private flush(): void {
    if (this.held === '') return;
    const lines = this.held;
    this.held = '';
    this.out.write(lines);
  }
}

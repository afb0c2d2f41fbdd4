import type { Texts } from '../../texts/texts.js';
import type { ToolProgress } from '../tools/tool-context.js';
import { cut } from '../tools/tool-output.js';
import type { Live } from './live-reply.js';

/** UTF-16 units of a tool's own note that are shown. */
const MAX_NOTE_CHARS = 80;

/** Shows what the tool calls of one answer are at, as one note below the answer. */
export class ToolNotes {
  private readonly labels: string[];

  /** @param names of the tools, in the order of the calls */
  constructor(
    private readonly live: Pick<Live, 'note'>,
    private readonly texts: Pick<Texts, 'working'>,
    private readonly names: readonly string[],
  ) {
    this.labels = [...names];
    this.show();
  }

  /** For the call at this place: how it tells how far it is, until it has ended. */
  of(place: number): { readonly report: (progress: ToolProgress) => void; readonly end: () => void } {
    const name = this.names[place] ?? '';
    let ended = false;
    return {
      report: (progress) => {
        if (ended) return;
        this.labels[place] = progressLabel(name, progress);
        this.show();
      },
      end: () => {
        ended = true;
        this.labels[place] = name;
      },
    };
  }

  private show(): void {
    this.live.note(this.texts.working([...new Set(this.labels)]));
  }
}

/** For example `search 3/10: second page`. On one line, bounded, and nothing in it that Markdown reads. Pure. */
export function progressLabel(name: string, progress: ToolProgress): string {
  const numbers = 'done' in progress ? numbersOf(progress) : '';
  const note = cut(plain(progress.note ?? ''), MAX_NOTE_CHARS);
  return [`${name}${numbers}`, note].filter((part) => part !== '').join(': ');
}

function numbersOf({ done, total }: { readonly done: number; readonly total: number }): string {
  return Number.isFinite(done) && Number.isFinite(total) ? ` ${done}/${total}` : '';
}

function plain(text: string): string {
  return text
    .replaceAll(/[*_`~[\]()<>|\\#$!\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replaceAll(/\s+/g, ' ')
    .trim();
}

import type { I18n } from '../../platform/i18n/i18n.js';
import type { ToolProgress } from '../tools/tool-context.js';
import { cut } from '../tools/tool-output.js';
import type { StreamedReply } from './streamed-reply.js';

/** UTF-16 units of a tool's own note that are shown. */
const MAX_NOTE_CHARS = 80;

/** Shows the progress of one answer's tool calls, as one note below the answer. */
export class ToolNotes {
  private readonly labels: string[];

  /** @param names of the tools, in the order of the calls */
  constructor(
    private readonly streamedReply: Pick<StreamedReply, 'note'>,
    private readonly i18n: Pick<I18n, 'working'>,
    private readonly names: readonly string[],
  ) {
    this.labels = [...names];
    this.show();
  }

  /** The progress callback of the call at this position, until it has ended. */
  createNote(place: number): { readonly report: (progress: ToolProgress) => void; readonly end: () => void } {
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
    this.streamedReply.note(this.i18n.working([...new Set(this.labels)]));
  }
}

/** For example `search 3/10: second page`. On one line, bounded, without Markdown. Pure. */
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

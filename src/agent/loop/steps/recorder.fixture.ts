import { IsString } from 'class-validator';
import type { Answer } from '../../../../test/support/scripted-model.js';
import type { ToolContext } from '../../tools/tool-context.js';
import { Tool } from '../../tools/tool.decorator.js';

class Label {
  @IsString()
  label: string;
}

/** Tools that record their calls; `slow` waits for a release. */
export class Recorder {
  readonly marks: string[] = [];
  readonly keys: string[] = [];
  waiting = 0;
  goOn: () => void = () => undefined;

  @Tool({ name: 'mark', description: 'Marks.', parameters: Label })
  mark({ label }: Label, { idempotencyKey }: ToolContext): string {
    this.marks.push(label);
    this.keys.push(idempotencyKey);
    return `marked ${label}`;
  }

  @Tool({ name: 'slow', description: 'Waits.', parameters: Label })
  async slow({ label }: Label): Promise<string> {
    this.marks.push(label);
    this.waiting += 1;
    await new Promise<void>((resolve) => (this.goOn = resolve));
    return 'waited';
  }

  forget(): void {
    this.marks.length = 0;
    this.keys.length = 0;
    this.waiting = 0;
  }
}

/** An answer with one call of `mark` for each label, in parallel. */
export const mark = (...labels: string[]): Answer => ({
  calls: labels.map((label) => ({ name: 'mark', arguments: { label } })),
});

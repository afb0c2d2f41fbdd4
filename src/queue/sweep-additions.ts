import { Injectable } from '@nestjs/common';

/** Parts of the sweep that belong to rooms above the queue: each room adds its own when the application starts. */
@Injectable()
export class SweepAdditions {
  private readonly parts = new Map<string, () => Promise<unknown>>();

  /** @param work one pass; harmless when it runs in two processes at once */
  add(name: string, work: () => Promise<unknown>): void {
    this.parts.set(name, work);
  }

  entries(): readonly (readonly [name: string, work: () => Promise<unknown>])[] {
    return [...this.parts];
  }
}

import type { ToolCall } from '../tools/tool-context.js';
import { canonicalArguments } from './canonical-json.js';

/** Times that a turn may ask a tool for exactly the same, until somebody says something new. */
const MAX_SAME_CALLS = 2;

/**
 * Counts what a turn has asked its tools for. It is told the calls of each answer in their order, and knows nothing else:
 * a run that goes on from committed steps counts as the run before it did.
 */
export class RepeatedCalls {
  private readonly asked = new Map<string, number>();
  /** The model has asked again for what it was told not to ask for again: it gets no more tools in this turn. */
  exhausted = false;

  /**
   * @param joined the messages that have joined the turn before this answer: each may ask for the same once more
   * @returns for each call whether it asks for exactly the same once too often, and so is not made
   */
  count(calls: readonly Pick<ToolCall, 'name' | 'arguments'>[], joined: number): boolean[] {
    return calls.map(({ name, arguments: given }) => {
      const key = JSON.stringify([joined, name, canonicalArguments(given)]);
      const times = (this.asked.get(key) ?? 0) + 1;
      this.asked.set(key, times);
      this.exhausted ||= times > MAX_SAME_CALLS + 1;
      return times > MAX_SAME_CALLS;
    });
  }
}

import type { ToolCall } from '../../llm/model-answer.js';
import { canonicalArguments } from './canonical-json.js';

/** Times that a turn may make the same call, until a new message joins. */
const MAX_SAME_CALLS = 2;

/**
 * Counts the calls of a turn. It sees the calls of each answer in their order, and nothing else: a run that continues
 * from committed steps has the same counts.
 */
export class RepeatedCalls {
  private readonly asked = new Map<string, number>();
  /** The model has repeated a refused call: it gets no more tools in this turn. */
  exhausted = false;

  /**
   * @param joined the number of messages that joined the turn before this answer: each restarts the count
   * @returns for each call, whether it is repeated once too often, and so is not made
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

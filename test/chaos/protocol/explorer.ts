/** A possible next transition. */
export interface Move<State> {
  readonly name: string;
  readonly next: State;
  /** It may happen, but nothing may depend on it: a crash, an emptied queue. */
  readonly fault: boolean;
}

/** A protocol as a finite machine. States are plain JSON; two that read alike are one. */
export interface Protocol<State> {
  readonly initial: State;
  /** All transitions, in any order: one that is not chosen may be chosen later, or never. */
  moves(state: State): Move<State>[];
  /** Why this state must never occur; null if it may. */
  broken(state: State): string | null;
  /** Everything is done. */
  finished(state: State): boolean;
}

export interface Exploration {
  readonly states: number;
  /** The shortest way to a forbidden state; null if there is none. */
  readonly counterexample: { readonly reason: string; readonly trace: readonly string[] } | null;
}

interface Node {
  readonly parent: number;
  readonly move: string;
  /** The nodes from which a transition that is no fault leads here. */
  readonly before: number[];
}

/**
 * Visits every reachable state, breadth first, and checks two things: no state is forbidden, and from every state there
 * is a way to the end that needs no fault. The latter is "always eventually done", given that a transition that stays
 * possible is eventually taken.
 */
export function explore<State>(protocol: Protocol<State>): Exploration {
  const known = new Map<string, number>();
  const nodes: Node[] = [];
  const states: State[] = [];
  const ends: number[] = [];
  const visit = (state: State, parent: number, move: string): number => {
    const key = JSON.stringify(state);
    const seen = known.get(key);
    if (seen !== undefined) return seen;
    known.set(key, nodes.length);
    states.push(state);
    return nodes.push({ parent, move, before: [] }) - 1;
  };

  visit(protocol.initial, -1, 'in the beginning');
  // The list grows while it is walked: that is the queue.
  for (const [index, state] of states.entries()) {
    const reason = protocol.broken(state);
    if (reason !== null)
      return { states: nodes.length, counterexample: { reason, trace: traceTo(nodes, index) } };
    if (protocol.finished(state)) ends.push(index);
    for (const { name, next, fault } of protocol.moves(state)) {
      const reached = visit(next, index, name);
      if (!fault) nodes[reached]?.before.push(index);
    }
  }
  const stuck = firstWithoutWayTo(nodes, ends);
  return {
    states: nodes.length,
    counterexample: stuck === -1 ? null : { reason: 'no way to the end', trace: traceTo(nodes, stuck) },
  };
}

function firstWithoutWayTo(nodes: readonly Node[], ends: readonly number[]): number {
  const hopeful = new Set(ends);
  // A set is walked in the order of insertion, including items added meanwhile.
  for (const index of hopeful) {
    for (const before of nodes[index]?.before ?? []) hopeful.add(before);
  }
  return nodes.findIndex((_, index) => !hopeful.has(index));
}

function traceTo(nodes: readonly Node[], index: number): string[] {
  const trace: string[] = [];
  for (let node = nodes[index]; node; node = nodes[node.parent]) trace.unshift(node.move);
  return trace;
}

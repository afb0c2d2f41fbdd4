export type FactMatch =
  | { readonly kind: 'one'; readonly fact: string }
  | { readonly kind: 'none' }
  | { readonly kind: 'several'; readonly facts: readonly string[] };

/** The matching fact: the exact text, else the only one that contains it, ignoring letter case. */
export function matchFact(facts: readonly string[], text: string): FactMatch {
  if (facts.includes(text)) return { kind: 'one', fact: text };
  const wanted = fold(text);
  const [first, ...others] = facts.filter((fact) => fold(fact).includes(wanted));
  if (first === undefined) return { kind: 'none' };
  return others.length === 0 ? { kind: 'one', fact: first } : { kind: 'several', facts: [first, ...others] };
}

/** The facts with any word of the query, ignoring letter case, in their order. */
export function factsAbout(facts: readonly string[], query: string): string[] {
  const words = fold(query)
    .split(/[^\p{L}\p{M}\p{N}]+/u)
    .filter((word) => word !== '');
  return facts.filter((fact) => words.some((word) => fold(fact).includes(word)));
}

const fold = (text: string): string => text.normalize('NFC').toLowerCase();

/** What a chat's traffic allows, and asks for, beside what is promised to all. */
export interface Terms {
  readonly feature: string;
  /** Messages that a /stop behind them may have dropped, or whose turn it may have cancelled. */
  readonly stoppable: ReadonlySet<string>;
  /** Messages that were there before their conversation was erased. */
  readonly erased: ReadonlySet<string>;
  /** An edit's token, and that of the message which it changes. */
  readonly edits: ReadonlyMap<string, string>;
  /** Turns wait for a person: their answers may come later than those to what was written behind. */
  readonly mayPark: boolean;
  /**
   * The chat gets another id, from this message on; null: it does not. Until the two are one, each has an order of its
   * own, and what was shown under the former id stays there as it is.
   */
  readonly movesAt: string | null;
  readonly mode: 'queue' | 'steer' | 'interrupt' | 'collect';
  /** How many replies belong to no turn: answers to commands, reminders, questions. */
  readonly extraReplies: { readonly least: number; readonly most: number };
  /** Where a turn may end without the model's answer: the codes of such ends. */
  readonly endCodes: ReadonlySet<string>;
}

/** Parts a chat's tokens where each part has an order of its own, by the order of acceptance. Pure. */
export function partsOf(
  { movesAt }: Terms,
  accepted: readonly string[],
  tokens: readonly string[],
): string[][] {
  const at = movesAt === null ? 0 : accepted.indexOf(movesAt);
  const isBefore = (token: string) => accepted.indexOf(token) < at;
  return [tokens.filter(isBefore), tokens.filter((token) => !isBefore(token))];
}

/** Of a chat in which somebody writes, and nothing else. */
export const plainTerms: Terms = {
  feature: 'plain',
  stoppable: new Set(),
  erased: new Set(),
  edits: new Map(),
  mayPark: false,
  movesAt: null,
  mode: 'queue',
  extraReplies: { least: 0, most: 0 },
  endCodes: new Set(),
};

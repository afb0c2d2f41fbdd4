/** The exceptions and further requirements of a chat's traffic, besides the general promises. */
export interface Terms {
  readonly feature: string;
  /** Messages that a later /stop may have dropped, or whose turn it may have cancelled. */
  readonly stoppable: ReadonlySet<string>;
  /** Messages that were there before their conversation was erased. */
  readonly erased: ReadonlySet<string>;
  /** An edit's token, and that of the edited message. */
  readonly edits: ReadonlyMap<string, string>;
  /** Turns wait for a person: their answers may come later than those to later messages. */
  readonly mayPark: boolean;
  /**
   * The chat gets another id, from this message on; null: never. Until the conversations merge, each has an order of
   * its own, and messages shown under the former id stay there as they are.
   */
  readonly movesAt: string | null;
  readonly mode: 'queue' | 'steer' | 'interrupt' | 'collect';
  /** How many replies belong to no turn: answers to commands, reminders, questions. */
  readonly extraReplies: { readonly least: number; readonly most: number };
  /** The codes with which a turn may end without the model's answer. */
  readonly endCodes: ReadonlySet<string>;
}

/** Splits a chat's tokens into parts with an order of their own, by the order of acceptance. Pure. */
export function partsOf(
  { movesAt }: Terms,
  accepted: readonly string[],
  tokens: readonly string[],
): string[][] {
  const at = movesAt === null ? 0 : accepted.indexOf(movesAt);
  const isBefore = (token: string) => accepted.indexOf(token) < at;
  return [tokens.filter(isBefore), tokens.filter((token) => !isBefore(token))];
}

/** The terms of a chat with ordinary messages only. */
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

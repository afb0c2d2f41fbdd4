/** What a chat's traffic allows, and asks for, beside what is promised to all. */
export interface Terms {
  readonly feature: string;
  /** Messages that a /stop behind them may have dropped, or whose turn it may have cancelled. */
  readonly stoppable: ReadonlySet<string>;
  /** Messages that were there before their conversation was erased. */
  readonly erased: ReadonlySet<string>;
  /** An edit's token, and that of the message which it changes. */
  readonly edits: ReadonlyMap<string, string>;
  /** Messages whose turn waits for a person: their answers may come later than those behind them. */
  readonly parked: ReadonlySet<string>;
  readonly mode: 'queue' | 'steer' | 'interrupt' | 'collect';
  /** How many replies belong to no turn: answers to commands, reminders, questions. */
  readonly extraReplies: { readonly least: number; readonly most: number };
  /** Where a turn may end without the model's answer: the codes of such ends. */
  readonly endCodes: ReadonlySet<string>;
}

/** Of a chat in which somebody writes, and nothing else. */
export const plainTerms: Terms = {
  feature: 'plain',
  stoppable: new Set(),
  erased: new Set(),
  edits: new Map(),
  parked: new Set(),
  mode: 'queue',
  extraReplies: { least: 0, most: 0 },
  endCodes: new Set(),
};

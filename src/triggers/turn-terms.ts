/** A trigger's own terms for the turns that answer its messages. */
export interface TurnTerms {
  /** In the form of `OPENAI_MODEL`; null: that of the conversation. */
  readonly model: string | null;
  /** Names of tools, or patterns, besides which they may use none; null: no limit. */
  readonly tools: readonly string[] | null;
  /** Tools with side effects that they may use unasked although text from outside is in the request. */
  readonly unaskedTools: readonly string[];
}

/** The terms of a turn for a person. */
export const usualTerms: TurnTerms = { model: null, tools: null, unaskedTools: [] };

/** Reads terms back from JSON. Unreadable names allow no tool: they must not open what they were meant to close. */
export function readTerms(value: unknown): TurnTerms {
  if (value === null || value === undefined) return usualTerms;
  const { model, tools, unaskedTools }: Readonly<Record<string, unknown>> = Object(value);
  return {
    model: typeof model === 'string' ? model : null,
    tools: tools === null ? null : namesOf(tools),
    unaskedTools: namesOf(unaskedTools),
  };
}

/** As JSON; null: the usual ones. */
export function writeTerms({ model, tools, unaskedTools }: TurnTerms) {
  const isUsual = model === null && tools === null && unaskedTools.length === 0;
  return isUsual ? null : { model, tools: tools && [...tools], unaskedTools: [...unaskedTools] };
}

/** Whether messages with these terms may share a turn. */
export const areSameTerms = (one: TurnTerms, other: TurnTerms): boolean =>
  one === other || JSON.stringify(writeTerms(one)) === JSON.stringify(writeTerms(other));

const namesOf = (value: unknown): readonly string[] =>
  Array.isArray(value) && value.every((name) => typeof name === 'string') ? value : [];

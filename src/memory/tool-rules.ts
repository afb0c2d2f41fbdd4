/** Rules for tools, by their name or by a pattern in which `*` stands for any characters. */
export interface ToolRules {
  /** Only these; null: all tools. */
  readonly allow: readonly string[] | null;
  /** None of these, even if they are allowed. */
  readonly deny: readonly string[];
}

/** Allows nothing. */
const nothing: ToolRules = { allow: [], deny: [] };

/**
 * Reads rules back from the database; null if there are none. Unreadable rules allow no tool: they must not open what
 * they were meant to close.
 */
export function readToolRules(value: unknown): ToolRules | null {
  if (value === null || value === undefined) return null;
  const { allow, deny }: Readonly<Record<string, unknown>> = Object(value);
  if (!isNames(deny) || (allow !== null && !isNames(allow))) return nothing;
  return { allow, deny };
}

/** Rules as JSON. */
export function writeToolRules({ allow, deny }: ToolRules): { allow: string[] | null; deny: string[] } {
  return { allow: allow && [...allow], deny: [...deny] };
}

function isNames(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((name) => typeof name === 'string');
}

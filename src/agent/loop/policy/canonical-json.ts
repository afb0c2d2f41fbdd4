/**
 * The arguments of a tool call in one spelling, whatever order and spacing a model gives them: keys sorted, and without
 * top-level nulls, which mean "not given". Text that is not JSON stays as it is. Pure; never throws.
 */
export function canonicalArguments(text: string): string {
  const trimmed = text.trim() || '{}';
  try {
    const value: unknown = JSON.parse(trimmed);
    return JSON.stringify(sorted(isRecord(value) ? withoutNulls(value) : value));
  } catch {
    // Not JSON, or nested deeper than the stack.
    return trimmed;
  }
}

type JsonRecord = Readonly<Record<string, unknown>>;

function isRecord(value: unknown): value is JsonRecord {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function withoutNulls(record: JsonRecord): JsonRecord {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => value !== null));
}

/** Pairs instead of objects: those would put keys such as "1" first, and could hide "__proto__". */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return ['list', ...value.map(sorted)];
  if (!isRecord(value)) return value;
  const entries = Object.entries(value).toSorted(([one], [other]) => (one < other ? -1 : 1));
  return ['fields', ...entries.map(([key, field]) => [key, sorted(field)])];
}

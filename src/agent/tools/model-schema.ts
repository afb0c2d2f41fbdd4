import type { JsonSchema } from './parameter-schema.js';

/** Characters of a schema as JSON; the model reads it with every request. */
const MAX_SCHEMA_CHARS = 30_000;

/** Keywords that OpenAI's API refuses at the top of a tool's parameters, and the whole request with them. */
const REFUSED_AT_TOP = ['oneOf', 'anyOf', 'allOf', 'enum', 'not'];

/**
 * A server's schema in the form that models' APIs accept: unchanged, except for objects without fields and lists of
 * anything, which OpenAI's API requires to be explicit. Pure.
 * @throws naming the reason why the tool cannot be offered: one such schema would fail every request
 */
export function modelSchema(schema: JsonSchema): JsonSchema {
  if (JSON.stringify(schema).length > MAX_SCHEMA_CHARS)
    throw new Error(`its schema has more than ${MAX_SCHEMA_CHARS} characters`);
  const refused = REFUSED_AT_TOP.find((keyword) => keyword in schema);
  if (refused) throw new Error(`its schema has "${refused}" at the top, which models' APIs refuse`);
  return { properties: {}, ...schemaWithItems(schema) };
}

/** Keywords whose values are schemas by name, and those whose values are schemas. */
const NAMED = ['properties', '$defs', 'definitions'];
const NESTED = ['items', 'additionalProperties', 'anyOf', 'oneOf', 'allOf', 'not'];

function schemaWithItems(schema: JsonSchema): JsonSchema {
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (NAMED.includes(keyword) && isRecord(value)) {
      return [keyword, Object.fromEntries(Object.entries(value).map(([name, one]) => [name, inside(one)]))];
    }
    return [keyword, NESTED.includes(keyword) ? inside(value) : value];
  });
  const isList = schema.type === 'array' || (Array.isArray(schema.type) && schema.type.includes('array'));
  const needsItems = isList && !('items' in schema) && !('prefixItems' in schema);
  return Object.fromEntries(needsItems ? [...entries, ['items', {}]] : entries);
}

function inside(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(inside);
  return isRecord(value) ? schemaWithItems(value) : value;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

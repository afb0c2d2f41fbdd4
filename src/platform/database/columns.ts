import { Prisma } from '../../generated/prisma/client.js';

/**
 * All columns of a model in a raw SELECT or RETURNING, by the names of its fields.
 * @param fields the generated enum, such as `Prisma.TurnScalarFieldEnum`; the schema maps each to its snake_case name
 * @param alias of the table
 */
export function columnsOf(fields: Readonly<Record<string, string>>, alias: string): Prisma.Sql {
  const columns = Object.values(fields).map((field) => `${alias}.${snakeCase(field)} AS "${field}"`);
  return Prisma.raw(columns.join(', '));
}

const snakeCase = (field: string): string =>
  field.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

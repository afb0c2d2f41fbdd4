import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A foreign key: a row of `child` has a row of `parent`. */
interface ForeignKey {
  readonly child: string;
  readonly columns: readonly string[];
  readonly parent: string;
  readonly onDelete: 'cascade' | 'set null' | 'restrict';
}

/** The parts of the schema that decide which rows a statement locks. */
export interface LockSchema {
  readonly tables: ReadonlySet<string>;
  readonly foreignKeys: readonly ForeignKey[];
  /** Columns of unique keys, by table: changing one locks a row against references too. */
  readonly keys: ReadonlyMap<string, ReadonlySet<string>>;
  /** Tables whose rows are shared by conversations: transactions behind two leases may lock the same. */
  readonly shared: ReadonlySet<string>;
}

/** The columns that name a row's conversation. */
const owners = ['conversation_id', 'turn_id', 'event_id'];

/** Reads it from `prisma/schema.prisma`, which another test compares with a migrated database. */
export function readLockSchema(
  text = readFileSync(join(import.meta.dirname, '../../../prisma/schema.prisma'), 'utf8'),
): LockSchema {
  const models = [...text.matchAll(/^model (\w+) \{\n([\s\S]*?)^\}/gm)].map(([, name = '', body = '']) => ({
    name,
    table: /@@map\("(\w+)"\)/.exec(body)?.[1] ?? name,
    body,
    columns: new Map(
      [...body.matchAll(/^ {2}(\w+) +\S+(.*)$/gm)].map(([, field = '', rest = '']) => [
        field,
        /@map\("(\w+)"\)/.exec(rest)?.[1] ?? field,
      ]),
    ),
  }));
  const tableOf = new Map(models.map(({ name, table }) => [name, table]));
  const foreignKeys = models.flatMap(({ table, body, columns }) =>
    [...body.matchAll(/^ {2}\w+ +(\w+)\?? +@relation\(fields: \[([^\]]+)\].*?onDelete: (\w+)/gm)].map(
      ([, parent = '', fields = '', action = '']): ForeignKey => ({
        child: table,
        columns: listed(fields, columns),
        parent: tableOf.get(parent) ?? parent,
        onDelete: action === 'Cascade' ? 'cascade' : action === 'SetNull' ? 'set null' : 'restrict',
      }),
    ),
  );
  const keys = models.map(({ table, body, columns }): [string, ReadonlySet<string>] => {
    const single = [...body.matchAll(/^ {2}(\w+) .*@(?:id|unique)\b/gm)].map(
      ([, field = '']) => columns.get(field) ?? field,
    );
    const several = [...body.matchAll(/^ {2}@@(?:id|unique)\(\[([^\]]+)\]/gm)].flatMap(([, fields = '']) =>
      listed(fields, columns),
    );
    return [table, new Set([...single, ...several])];
  });
  const shared = models
    .filter(({ columns }) => ![...columns.values()].some((column) => owners.includes(column)))
    .map(({ table }) => table)
    .filter((table) => table !== 'conversations');
  return { tables: new Set(tableOf.values()), foreignKeys, keys: new Map(keys), shared: new Set(shared) };
}

function listed(fields: string, columns: ReadonlyMap<string, string>): string[] {
  return fields.split(',').map((field) => columns.get(field.trim()) ?? field.trim());
}

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const page = readFileSync('docs/data-model.md', 'utf8');
const schema = readFileSync('prisma/schema.prisma', 'utf8');
const tables = Array.from(schema.matchAll(/^model [^]*?@@map\("(\w+)"\)/gm), ([, table = '']) => table);
/** Tables with a row in one of the page's tables. */
const described = Array.from(page.matchAll(/^\| `(\w+)`/gm), ([, table = '']) => table);

describe('docs/data-model.md', () => {
  it('describes every table once, and no other', () => {
    expect(described.toSorted()).toEqual(tables.toSorted());
  });

  it('states their number', () => {
    expect(page).toContain(`The ${tables.length} tables`);
  });
});

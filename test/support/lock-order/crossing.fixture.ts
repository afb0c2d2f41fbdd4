import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, inject, it } from 'vitest';

it('leaves the records that it is given', () => {
  const folder = inject('lockRecords');
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'given.ndjson'), process.env['CROSSING_RECORDS'] ?? '');
  expect(folder).not.toBe('');
});

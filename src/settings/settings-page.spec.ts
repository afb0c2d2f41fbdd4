import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { settingsClasses } from './settings.js';
import { variablesOf } from '../platform/config/variable.js';

const page = readFileSync('docs/settings.md', 'utf8');
const variables = Object.values(settingsClasses)
  .flatMap((type) => variablesOf(type))
  .map(({ name }) => name);

describe('docs/settings.md', () => {
  it('names every setting', () => {
    expect(variables.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  it('lists no setting that does not exist', () => {
    const listed = page.split('\n').flatMap((line) => {
      const [, first = ''] = line.startsWith('| `') ? line.split('|') : [];
      return Array.from(first.matchAll(/`([A-Z_]+)`/g), ([, name = '']) => name);
    });
    expect(listed.length).toBeGreaterThan(50);
    expect(listed.filter((name) => !variables.includes(name))).toEqual([]);
  });
});

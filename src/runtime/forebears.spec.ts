import { describe, expect, it } from 'vitest';
import { isRunner } from './forebears.js';

describe('A process above this one', () => {
  it.each([
    ['npm start'],
    ['node /usr/bin/npm start'],
    ['/usr/bin/node /usr/lib/node_modules/npm/bin/npm-cli.js run dev'],
    ['npm exec nest start'],
    ['node /home/a/.corepack/pnpm.cjs start'],
    ['node /usr/bin/yarn start'],
  ])('is what runs scripts: %s', (line) => {
    expect(isRunner(line.split(' '))).toBe(true);
  });

  it.each([
    ['sh -c nest start'],
    ['node /app/node_modules/.bin/nest start'],
    ['bash'],
    ['/sbin/init'],
    ['node server.js npm'],
    [''],
  ])('is something else: %s', (line) => {
    expect(isRunner(line.split(' '))).toBe(false);
  });
});

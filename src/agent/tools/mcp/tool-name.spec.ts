import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isNamed, prefixOf, toolName } from './tool-name.js';

const prefix = fc.stringMatching(/^[A-Za-z0-9-]{1,32}$/);
const own = fc.string({ unit: 'binary', maxLength: 200 });

describe('toolName', () => {
  it('keeps a valid name', () => {
    expect(toolName('github', 'create_issue')).toBe('github_create_issue');
    expect(toolName('everything', 'get-sum')).toBe('everything_get-sum');
  });

  it('converts any name to one that models’ APIs take, stable, with the server’s prefix', () => {
    fc.assert(
      fc.property(prefix, own, (server, name) => {
        const made = toolName(server, name);
        expect(made).toMatch(/^[A-Za-z0-9_-]{1,64}$/);
        expect(toolName(server, name)).toBe(made);
        expect(prefixOf(made)).toBe(server);
      }),
    );
  });

  it('gives different names to different tools', () => {
    fc.assert(
      fc.property(prefix, own, own, (server, one, other) => {
        fc.pre(one !== other);
        expect(toolName(server, one)).not.toBe(toolName(server, other));
      }),
    );
  });
});

describe('isNamed', () => {
  it.each([
    ['get-sum', ['get-sum'], true],
    ['get-sum', ['get-*'], true],
    ['get-sum', ['*sum', 'x'], true],
    ['get-sum', ['get'], false],
    ['get-sum', [], false],
    ['a.b', ['a?b', 'a.c'], false],
    ['axb', ['a.b'], false],
    ['line\nbreak', ['line*'], true],
  ])('%j by %j: %s', (name, patterns, named) => {
    expect(isNamed(name, patterns)).toBe(named);
  });
});

import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface Locked {
  readonly engines?: { readonly node?: string };
  readonly dev?: boolean;
}

const FLOOR = [20, 19] as const;

/** Whether a range of package.json's `engines` includes the floor. For the forms that packages use. */
function takesFloor(range: string): boolean {
  return range.split('||').some((alternative) => {
    const parts = alternative
      .trim()
      .replaceAll(/([<>=^~])\s+/g, '$1')
      .split(/\s+/);
    return parts.every((part) => {
      const [, sign = '', major = '0', minor = '0'] =
        /^([<>=^~]*)\s*v?(\d+|\*)?(?:\.(\d+|x))?/.exec(part) ?? [];
      const [a, b] = [Number(major === '*' ? 0 : major), Number(minor === 'x' ? 0 : minor)];
      const reached = a < FLOOR[0] || (a === FLOOR[0] && b <= FLOOR[1]);
      if (sign === '>=' || major === '*') return reached;
      if (sign === '<') return !reached;
      return a === FLOOR[0] && reached;
    });
  });
}

describe('The packages of production', () => {
  it('require no Node.js newer than the floor in engines (npm ci --omit=dev --engine-strict)', () => {
    const own: Locked = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(own.engines?.node).toBe(`>=${FLOOR.join('.')}`);
    const lock: { packages: Record<string, Locked> } = JSON.parse(readFileSync('package-lock.json', 'utf8'));
    const installed = Object.entries(lock.packages).filter(([, { dev }]) => dev !== true);
    expect(installed.length).toBeGreaterThan(100);
    const newer = installed.flatMap(([path, { engines }]) => {
      const range = engines?.node;
      return range === undefined || takesFloor(range) ? [] : [`${path} asks for ${range}`];
    });
    expect(newer).toEqual([]);
  });
});

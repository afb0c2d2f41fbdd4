import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { refuseOwnedEnds } from './owned-ends.js';
import { withOwner } from './stray-errors.js';

const exit = Object.getOwnPropertyDescriptor(process, 'exit');
const kill = Object.getOwnPropertyDescriptor(process, 'kill');
const ends = vi.fn<(how: unknown) => void>();

beforeAll(() => {
  // Doubles: a real end would end the tests.
  process.exit = (code) => {
    ends(code);
    throw new Error('ended');
  };
  refuseOwnedEnds();
});
afterAll(() => {
  Object.defineProperties(process, { ...(exit && { exit }), ...(kill && { kill }) });
});

const owned = (work: () => unknown): unknown => withOwner({ name: 'tool x', fail: () => undefined }, work);

describe('Work that has an owner', () => {
  it.each([
    ['exit', () => process.exit(0)],
    ['a signal', () => process.kill(process.pid)],
    ['SIGKILL', () => process.kill(process.pid, 'SIGKILL')],
    ['a signal to its group', () => process.kill(-process.pid, 'SIGINT')],
    ['a signal to whoever is in its group', () => process.kill(0, 'SIGTERM')],
  ])('ends no process: %s', (_, end) => {
    expect(() => owned(end)).toThrow(/refused: .*tool x/);
    expect(ends).not.toHaveBeenCalled();
  });

  it('may check whether the process exists, and end one that it has started', async () => {
    expect(owned(() => process.kill(process.pid, 0))).toBe(true);
    const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1_000)']);
    const gone = once(child, 'exit');
    owned(() => process.kill(child.pid ?? 0, 'SIGKILL'));
    expect((await gone)[1]).toBe('SIGKILL');
  });
});

describe('Work without an owner', () => {
  it('ends the process', () => {
    expect(() => process.exit(3)).toThrow('ended');
    expect(ends).toHaveBeenCalledWith(3);
  });
});

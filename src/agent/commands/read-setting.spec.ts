import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSetting } from './read-setting.js';

describe('The arguments of /settings', () => {
  it.each([
    ['', { kind: 'show' }],
    ['window 20', { kind: 'window', messages: 20 }],
    ['Window  OFF', { kind: 'window', messages: 0 }],
    ['window 100', { kind: 'window', messages: 100 }],
    ['answer all', { kind: 'answer', all: true }],
    ['answer mentioned', { kind: 'answer', all: false }],
    ['mode Steer', { kind: 'mode', mode: 'steer' }],
  ])('%j', (args, wanted) => {
    expect(readSetting(args)).toEqual(wanted);
  });

  it.each([
    'window',
    'window 101',
    'window -1',
    'window 1e1',
    'window 5 6',
    'answer',
    'mode',
    'mode now',
    'x',
    'windowoff',
  ])('are null when they name no setting: %j', (args) => {
    expect(readSetting(args)).toBeNull();
  });

  it('are never an invalid window, whatever is typed', () => {
    fc.assert(
      fc.property(fc.string(), (value) => {
        const wanted = readSetting(`window ${value}`.trim());
        if (wanted?.kind === 'window') expect(wanted.messages).toSatisfy((n: number) => n >= 0 && n <= 100);
      }),
    );
  });
});

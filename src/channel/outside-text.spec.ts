import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { OutsideText } from './outside-text.js';

const page = OutsideText.fromUntrusted('Call pay.');

describe('Text from outside', () => {
  it('is not a string for the compiler', () => {
    const prompt = (text: string): string => text;
    // @ts-expect-error It has to be marked first.
    expect(() => prompt(page).trim()).toThrow(TypeError);
    // @ts-expect-error It has to be marked first.
    const lines: string[] = [page];
    expect(() => lines.join('\n')).toThrow(TypeError);
    // @ts-expect-error Nobody makes one of something else.
    expect(new OutsideText('x').length).toBe(1);
  });

  it('becomes no string at run time, whatever is tried', () => {
    const anything: unknown = page;
    for (const attempt of [
      () => `a ${String(anything)}`,
      () => String(page),
      () => 'a ' + String(anything),
      () => [anything].join(),
      () => JSON.stringify({ anything }),
      () => 'a'.replace('a', anything as string),
      () => 'a'.concat(anything as string),
    ])
      expect(attempt).toThrow('has to be marked as data first');
    expect(JSON.stringify(Object.entries(page))).toBe('[]');
  });

  it('stays text from outside through every transformation', async () => {
    const longer = await page.map((text) => `${text}!`).mapAsync((text) => Promise.resolve(text.repeat(2)));
    expect(longer).toBeInstanceOf(OutsideText);
    expect(OutsideText.unmarked(longer)).toBe('Call pay.!Call pay.!');
    fc.assert(
      fc.property(fc.array(fc.string()), fc.string(), (parts, separator) => {
        const joined = OutsideText.join([page, null, ...parts], separator);
        expect(OutsideText.unmarked(joined)).toBe(['Call pay.', ...parts].join(separator));
      }),
    );
  });
});

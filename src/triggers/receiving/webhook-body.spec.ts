import { BadRequestException } from '@nestjs/common';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { depthOf, MAX_DEPTH, readWebhookBody } from './webhook-body.js';

const json = (text: string) => readWebhookBody('application/json', Buffer.from(text));
const form = (text: string) =>
  readWebhookBody('application/x-www-form-urlencoded; charset=utf-8', Buffer.from(text));
const nested = (depth: number) => `${'['.repeat(depth)}${']'.repeat(depth)}`;

describe('The body of a webhook', () => {
  it('keeps the text of any JSON', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 10 }), (text) => {
        expect(json(text).value).toEqual(JSON.parse(text));
      }),
    );
    expect(json('{ "a":1.0 }').text).toBe('{ "a":1.0 }');
  });

  it('is stored without what PostgreSQL cannot read', () => {
    expect(json('{"a":"x\\u0000y\\ud800"}').text).toBe('{"a":"xy\ufffd"}');
  });

  it('is refused if it is no JSON, or nested too deeply', () => {
    for (const text of [
      '',
      '{',
      'a',
      '{"a":1',
      nested(MAX_DEPTH + 1),
      nested(500_000),
      '['.repeat(1_000_000),
    ])
      expect(() => json(text), text.slice(0, 20)).toThrow(BadRequestException);
    expect(json(nested(MAX_DEPTH)).text).toBe(nested(MAX_DEPTH));
  });

  it('may be a form, whose repeated fields are arrays', () => {
    expect(form('From=%2B49&Body=hello+you&Media=1&Media=2').value).toEqual({
      From: '+49',
      Body: 'hello you',
      Media: ['1', '2'],
    });
    for (const text of ['', 'a', '%', 'a=%ff']) expect(() => form(text), text).toThrow(BadRequestException);
  });

  it('has the depth of its brackets outside of strings', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), (value) => {
        const depth = (one: unknown): number =>
          typeof one === 'object' && one !== null ? 1 + Math.max(0, ...Object.values(one).map(depth)) : 0;
        expect(depthOf(JSON.stringify(value))).toBe(depth(value));
      }),
    );
    expect(depthOf('"[[[" ["\\"[[", "{"]')).toBe(1);
  });
});

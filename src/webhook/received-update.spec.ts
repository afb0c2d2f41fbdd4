import { BadRequestException } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { readRequestBody } from './received-update.js';

const read = (text: string) => readRequestBody(Buffer.from(text));

describe('readUpdate', () => {
  it.each([
    '{"update_id":1}',
    '{"update_id":-5,"new_kind":{}}',
    '{"update_id":9007199254740991}',
    '{"__proto__":{"x":1},"update_id":0}',
    '{"update_id":1.0}',
  ])('accepts %s, and keeps its text', (text) => {
    expect(read(text).text).toBe(text);
  });

  it.each([
    '',
    'null',
    '[]',
    '7',
    '"update_id"',
    '{}',
    '{"update_id":"1"}',
    '{"update_id":1.5}',
    '{"update_id":9007199254740992}',
    '{"update_id":null}',
    '{"__proto__":{"update_id":1}}',
    '{"update_id":1',
  ])('refuses %s', (text) => {
    expect(() => read(text)).toThrow(BadRequestException);
  });

  it('refuses a value that was never a body', () => {
    for (const body of [undefined, null, {}, { update_id: 1 }, 'text'])
      expect(() => readRequestBody(body)).toThrow(BadRequestException);
  });
});

import { describe, expect, it } from 'vitest';
import { modelSchema } from '../model-schema.js';
import { argumentReader } from './schema-arguments.js';

const read = (schema: object, given: unknown) => argumentReader({ ...schema })(JSON.stringify(given));
const valid = (parameters: object) => ({ kind: 'valid', parameters });
const invalid = (...reasons: string[]) => ({ kind: 'invalid', reasons });

describe('Arguments with a server’s schema', () => {
  const schema = {
    type: 'object',
    properties: {
      name: { type: 'string' },
      note: { type: 'string' },
      size: { enum: ['s', 'm'] },
      parent: { type: ['object', 'null'], properties: { id: { type: 'integer' } } },
    },
    required: ['name'],
    additionalProperties: false,
  };

  it('are accepted unchanged', async () => {
    const given = { name: 'a', parent: { id: 1 } };
    expect(await read(schema, given)).toEqual(valid(given));
    expect(await argumentReader({ type: 'object' })('')).toEqual(valid({}));
  });

  it('are refused with every reason and its place', async () => {
    expect(await read(schema, { parent: { id: 'x' }, size: 'l', more: 1 })).toEqual(
      invalid(
        "they must have required property 'name'",
        'they must NOT have additional properties: more',
        'size must be equal to one of the allowed values: s, m',
        'parent.id must be integer',
      ),
    );
    expect(await argumentReader(schema)('[1]')).toEqual(invalid('they must be a JSON object'));
    expect(await argumentReader(schema)('{')).toMatchObject({ kind: 'invalid' });
  });

  it.each(['allOf', 'anyOf', 'oneOf'])(
    'are refused where the schema has them checked for ever: %s of two, thirty deep',
    async (keyword) => {
      const $defs: Record<string, object> = { at30: { type: 'string' } };
      for (let depth = 0; depth < 30; depth += 1) {
        const next = { $ref: `#/$defs/at${depth + 1}` };
        $defs[`at${depth}`] = { [keyword]: [next, next] };
      }
      const doubled = { type: 'object', $defs, properties: { x: { $ref: '#/$defs/at0' } } };
      expect(await read(doubled, { x: 1 })).toEqual(invalid('to check them by this schema takes too long'));
      expect(await read(doubled, {})).toEqual(valid({}));
    },
  );

  it('are refused if the schema’s check of their depth would never end', async () => {
    const again = { properties: { a: { $ref: '#/$defs/one' } } };
    const one = { allOf: [again, again], properties: { b: { type: 'string' } } };
    let given: object = { b: 1 };
    for (let depth = 0; depth < 40; depth += 1) given = { a: given };
    const doubled = { type: 'object', $defs: { one }, ...one };
    expect(await read(doubled, given)).toEqual(invalid('to check them by this schema takes too long'));
  });

  it('drop nulls that the schema does not allow', async () => {
    expect(await read(schema, { name: 'a', note: null })).toEqual(valid({ name: 'a' }));
    expect(await read(schema, { name: 'a', parent: null })).toEqual(valid({ name: 'a', parent: null }));
    expect(await read(schema, { name: null })).toEqual(invalid('name must be string'));
  });

  it('are read by the dialect that the schema names', async () => {
    const pair = { type: 'array', prefixItems: [{ type: 'string' }] };
    const of = ($schema?: string) => ({
      type: 'object',
      properties: { pair },
      ...($schema ? { $schema } : {}),
    });
    const given = { pair: [1] };
    expect(await read(of(), given)).toEqual(invalid('pair.0 must be string'));
    expect(await read(of('https://json-schema.org/draft/2020-12/schema'), given)).toMatchObject({
      kind: 'invalid',
    });
    expect(await read(of('http://json-schema.org/draft-07/schema#'), given)).toEqual(valid(given));
  });

  it('are never matched against a pattern, which could take for ever', async () => {
    const hostile = '^(a+)+$';
    const text = `${'a'.repeat(60)}!`;
    const properties = { pattern: { type: 'string', pattern: hostile } };
    expect(await read({ type: 'object', properties }, { pattern: text })).toEqual(valid({ pattern: text }));
    const patternProperties = { [hostile]: { type: 'number' } };
    expect(
      await read({ type: 'object', patternProperties, additionalProperties: false }, { [text]: 'b' }),
    ).toEqual(valid({ [text]: 'b' }));
  });

  it('may be described twice under one id', async () => {
    const of = (type: string) => ({
      $id: 'https://example.org/one',
      type: 'object',
      properties: { a: { type } },
    });
    expect(await read(of('string'), { a: 1 })).toEqual(invalid('a must be string'));
    expect(await read(of('number'), { a: 'b' })).toEqual(invalid('a must be number'));
  });
});

describe('The model’s schema', () => {
  it('is the server’s', () => {
    const schema = {
      type: 'object',
      properties: { a: { type: 'array', items: { type: 'string' } } },
      $comment: 'x',
    };
    expect(modelSchema(schema)).toEqual(schema);
  });

  it('states an array without an item type as such, wherever it is', () => {
    const list = { type: 'array' };
    const whole = { type: 'array', items: {} };
    const of = (one: object) => ({
      type: 'object',
      properties: { items: one, a: { anyOf: [one, { type: 'null' }] }, b: { type: 'array', items: one } },
      $defs: { type: one },
    });
    expect(modelSchema(of(list))).toEqual(of(whole));
  });

  it('has properties, even if empty', () => {
    expect(modelSchema({ type: 'object' })).toEqual({ type: 'object', properties: {} });
  });

  it.each([
    ['oneOf', { type: 'object', oneOf: [] }],
    ['characters', { type: 'object', description: 'x'.repeat(30_000) }],
  ])('is refused with %s', (why, schema) => {
    expect(() => modelSchema(schema)).toThrow(why);
  });
});

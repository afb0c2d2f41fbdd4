import type { StandardSchemaV1 } from '@standard-schema/spec';
import { DiscoveryModule } from '@nestjs/core';
import { Test } from '@nestjs/testing';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import { parameterReader } from './tool-parameters.js';
import { ToolRegistry } from './tool-registry.js';
import { Tool } from './tool.decorator.js';

const Booking = z.strictObject({
  at: z.iso.datetime().describe('When, in UTC.'),
  guests: z.int().min(1).max(12),
  note: z.string().trim().optional(),
});

class Booker {
  @Tool({ name: 'book', description: 'Books a table.', parameters: Booking })
  book({ at, guests }: z.infer<typeof Booking>): string {
    return `${guests} at ${at}`;
  }
}

/** For a library that only validates; a schema may be a function too. */
const validating: StandardSchemaV1<unknown, object> = Object.assign(() => undefined, {
  '~standard': {
    version: 1 as const,
    vendor: 'valibot',
    validate: (value: unknown) => ({ value: Object(value) }),
  },
});

class Untold {
  @Tool({ name: 'untold', description: 'Has no JSON Schema.', parameters: validating })
  run(): string {
    return '';
  }
}

class Listed {
  @Tool({ name: 'listed', description: 'Takes either.', parameters: z.union([Booking, z.object({})]) })
  run(): string {
    return '';
  }
}

async function registryOf(provider: new () => object): Promise<ToolRegistry> {
  const module = await Test.createTestingModule({
    imports: [DiscoveryModule],
    providers: [ToolRegistry, provider],
  }).compile();
  await module.init();
  return module.get(ToolRegistry);
}

describe('Parameters as a Standard Schema', () => {
  const { schema, read } = parameterReader(Booking);

  it('are described to the model by the library’s JSON Schema', () => {
    expect(schema).toEqual({
      type: 'object',
      properties: {
        at: expect.objectContaining({ type: 'string', format: 'date-time', description: 'When, in UTC.' }),
        guests: { type: 'integer', minimum: 1, maximum: 12 },
        note: { type: 'string' },
      },
      required: ['at', 'guests'],
      additionalProperties: false,
    });
  });

  it('are read by the library, with its transformations', async () => {
    const given = { at: '2026-11-03T19:30:00Z', guests: 2, note: ' by the window ' };
    expect(await read(JSON.stringify(given))).toEqual({
      kind: 'valid',
      parameters: { ...given, note: 'by the window' },
    });
  });

  it('treat null as absent where the schema does not allow it', async () => {
    const given = { at: '2026-11-03T19:30:00Z', guests: 2 };
    expect(await read(JSON.stringify({ ...given, note: null }))).toEqual({
      kind: 'valid',
      parameters: given,
    });
    const nullable = parameterReader(z.object({ note: z.string().nullable() }));
    expect(await nullable.read('{"note":null}')).toEqual({ kind: 'valid', parameters: { note: null } });
  });

  it('are refused with every reason', async () => {
    const refused = await read('{"at":"soon","guests":"two","wine":true}');
    expect(refused).toEqual({
      kind: 'invalid',
      reasons: [
        expect.stringMatching(/^at: /),
        expect.stringMatching(/^guests: .*expected number/),
        expect.stringContaining('wine'),
      ],
    });
    expect(await read('[]')).toEqual({ kind: 'invalid', reasons: ['they must be a JSON object'] });
  });

  it('may be validated asynchronously, and by a validator that throws', async () => {
    const free = z.object({ at: z.string().refine((at) => Promise.resolve(at !== 'taken'), 'is taken') });
    expect(await parameterReader(free).read('{"at":"taken"}')).toEqual({
      kind: 'invalid',
      reasons: ['at: is taken'],
    });
    const broken = z.object({ at: z.string() }).refine(() => {
      throw new Error('broken');
    });
    expect(await parameterReader(broken).read('{"at":""}')).toEqual({
      kind: 'invalid',
      reasons: ['they cannot be read'],
    });
  });

  it('reach the method of a tool', async () => {
    const tool = (await registryOf(Booker)).find('book');
    expect(tool?.schema).toEqual(schema);
    const taken = await tool?.read('{"at":"2026-11-03T19:30:00Z","guests":2}');
    expect(taken).toMatchObject({ kind: 'valid', parameters: { guests: 2 } });
  });

  it('stop the start where the library does not offer their JSON Schema', async () => {
    await expect(registryOf(Untold)).rejects.toThrow(
      /Untold\.run: its parameters have no schema: valibot does not offer .*~standard\.jsonSchema.* or a class/,
    );
  });

  it('stop the start where models’ APIs would refuse them', async () => {
    await expect(registryOf(Listed)).rejects.toThrow(/Listed\.run: .* its schema has "anyOf" at the top/);
    expect(() => parameterReader(z.array(z.string()))).toThrow('theirs is of "array"');
  });
});

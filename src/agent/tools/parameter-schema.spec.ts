import { Type } from 'class-transformer';
import {
  ArrayMaxSize,
  IsArray,
  IsBoolean,
  IsDefined,
  IsEnum,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsTimeZone,
  Max,
  MaxLength,
  Min,
  ValidateNested,
} from 'class-validator';
import { describe, expect, it } from 'vitest';
import { parameterSchema } from './parameter-schema.js';
import { Describe } from './tool.decorator.js';

enum Colour {
  red = 'red',
  blue = 'blue',
}

enum Priority {
  low = 1,
  high = 2,
}

class Place {
  @Describe('Its name')
  @IsString()
  name: string;

  @IsOptional()
  @IsTimeZone()
  zone?: string;
}

class Everything {
  @Describe('What to look for')
  @IsString()
  @MaxLength(80)
  query: string;

  @IsDefined()
  @IsInt()
  @Min(1)
  @Max(5)
  count: number;

  @IsOptional()
  @IsIn(['asc', 'desc'])
  order?: string;

  @IsEnum(Colour)
  colour: Colour;

  @IsEnum(Priority)
  priority: Priority;

  @IsArray()
  @ArrayMaxSize(3)
  @IsString({ each: true })
  tags: string[];

  @ValidateNested()
  @Type(() => Place)
  home: Place;

  @IsOptional()
  @IsArray()
  @ValidateNested({ each: true })
  @Type(() => Place)
  others?: Place[];

  @IsBoolean()
  loud: boolean;
}

class Itself {
  @ValidateNested()
  @Type(() => Itself)
  inner: Itself;
}

class Bounds {
  @Max(5)
  @IsInt()
  @Min(1)
  whole: number;

  @Min(0.5)
  any: number;
}

class Base {
  @IsString()
  inherited: string;
}

class Derived extends Base {
  @IsString()
  own: string;
}

class Nothing {}

describe('parameterSchema', () => {
  const place = {
    type: 'object',
    properties: { name: { type: 'string', description: 'Its name' }, zone: { type: 'string' } },
    required: ['name'],
    additionalProperties: false,
  };

  it('contains all that the decorators say, in their order', () => {
    const schema = parameterSchema(Everything);

    expect(schema).toEqual({
      type: 'object',
      properties: {
        query: { type: 'string', maxLength: 80, description: 'What to look for' },
        count: { type: 'integer', minimum: 1, maximum: 5 },
        order: { type: 'string', enum: ['asc', 'desc'] },
        colour: { type: 'string', enum: ['red', 'blue'] },
        priority: { type: 'number', enum: [1, 2] },
        tags: { type: 'array', maxItems: 3, items: { type: 'string' } },
        home: place,
        others: { type: 'array', items: place },
        loud: { type: 'boolean' },
      },
      required: ['query', 'count', 'colour', 'priority', 'tags', 'home', 'loud'],
      additionalProperties: false,
    });
    expect(Object.keys(Object(schema.properties))[0]).toBe('query');
    expect(JSON.stringify(schema)).not.toContain('$ref');
  });

  it('declares a number whole wherever the decorator stands', () => {
    expect(parameterSchema(Bounds).properties).toEqual({
      whole: { type: 'integer', minimum: 1, maximum: 5 },
      any: { type: 'number', minimum: 0.5 },
    });
  });

  it('includes what a class inherits', () => {
    expect(parameterSchema(Derived)).toMatchObject({
      properties: { own: { type: 'string' }, inherited: { type: 'string' } },
      required: ['own', 'inherited'],
    });
  });

  it('gives a class without parameters an empty object', () => {
    expect(parameterSchema(Nothing)).toEqual({ type: 'object', properties: {}, additionalProperties: false });
  });

  it('refuses a class that is nested in itself', () => {
    expect(() => parameterSchema(Itself)).toThrow('Itself is nested in itself');
  });
});

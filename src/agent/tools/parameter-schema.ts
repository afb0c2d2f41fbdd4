import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import {
  getMetadataStorage,
  IS_DIVISIBLE_BY,
  IS_ENUM,
  IS_INT,
  IS_NEGATIVE,
  IS_NOT_EMPTY,
  IS_POSITIVE,
  MAX,
  MIN,
  ValidationTypes,
} from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';

export type JsonSchema = Readonly<Record<string, unknown>>;

/** A converter's input for one validation decorator. */
interface Decorated {
  readonly target: unknown;
  readonly propertyName: string;
  readonly each?: boolean;
  readonly constraints?: readonly unknown[];
}

/**
 * The JSON Schema of a parameters class, from its class-validator decorators: one object without references and without
 * unknown fields. Properties keep their order.
 * @throws Error for a class that is nested in itself
 */
export function parameterSchema(type: Type<object>): JsonSchema {
  return schemaOf(type, []);
}

function schemaOf(type: Type<object>, outer: readonly Type<object>[]): JsonSchema {
  if (outer.includes(type))
    throw new Error(`${type.name} is nested in itself, which no schema can say flatly`);
  const path = [...outer, type];
  const { properties, required, description } = targetConstructorToSchema(type, {
    additionalConverters: {
      [ValidationTypes.NESTED_VALIDATION]: (decorated) => nestedSchema(decorated, path),
      [ValidationTypes.CUSTOM_VALIDATION]: (decorated) => primitiveSchema(decorated),
      [ValidationTypes.IS_DEFINED]: {},
      [IS_ENUM]: ({ constraints }) => enumSchema(constraints),
      // Lists may be asked not to be empty too.
      [IS_NOT_EMPTY]: { minLength: 1 },
      [MIN]: (decorated) => numberSchema(decorated, { minimum: decorated.constraints[0] }),
      [MAX]: (decorated) => numberSchema(decorated, { maximum: decorated.constraints[0] }),
      [IS_POSITIVE]: (decorated) => numberSchema(decorated, { exclusiveMinimum: 0 }),
      [IS_NEGATIVE]: (decorated) => numberSchema(decorated, { exclusiveMaximum: 0 }),
      [IS_DIVISIBLE_BY]: (decorated) => numberSchema(decorated, { multipleOf: decorated.constraints[0] }),
    },
  });
  return {
    type: 'object',
    ...(description === undefined ? {} : { description }),
    properties: properties ?? {},
    ...(required === undefined ? {} : { required }),
    additionalProperties: false,
  };
}

function nestedSchema(decorated: Decorated, path: readonly Type<object>[]): JsonSchema {
  const schema = schemaOf(nestedType(decorated), path);
  // A list may also be decorated without `each`, which class-validator applies to its items.
  return isList(decorated) && decorated.each !== true ? { type: 'array', items: schema } : schema;
}

/** The class that `@Type()` names, found as the arguments will be read: by transforming one. */
function nestedType(decorated: Decorated): Type<object> {
  const { target, propertyName } = decorated;
  if (!isClass(target)) throw new Error(`${propertyName}: only properties of classes have a schema`);
  const probe: unknown = plainToInstance(target, { [propertyName]: isList(decorated) ? [{}] : {} });
  const value: unknown = Reflect.get(Object(probe), propertyName);
  const item: unknown = Array.isArray(value) ? value[0] : value;
  const type: unknown = Object(item).constructor;
  if (isClass(type) && type !== Object) return type;
  const designed: unknown = Reflect.getMetadata('design:type', target.prototype, propertyName);
  if (isClass(designed) && designed !== Object && designed !== Array) return designed;
  throw new Error(`${target.name}.${propertyName} is nested without @Type(() => …)`);
}

const isList = ({ target, propertyName, each }: Decorated): boolean =>
  each === true ||
  (isClass(target) && Reflect.getMetadata('design:type', target.prototype, propertyName) === Array);

const isClass = (value: unknown): value is Type<object> => typeof value === 'function';

/** A validator unknown to the library leaves the declared type of the property, if that is plain. */
function primitiveSchema({ target, propertyName, each }: Decorated): JsonSchema {
  if (!isClass(target) || each === true) return {};
  const designed: unknown = Reflect.getMetadata('design:type', target.prototype, propertyName);
  if (designed === String) return { type: 'string' };
  if (designed === Number) return { type: 'number' };
  return designed === Boolean ? { type: 'boolean' } : {};
}

/** Whole if `@IsInt()` is there, before or after the bound: the later schema would win otherwise. */
function numberSchema({ target, propertyName }: Decorated, bound: JsonSchema): JsonSchema {
  const decorators = isClass(target)
    ? getMetadataStorage().getTargetValidationMetadatas(target, '', true, false)
    : [];
  const whole = decorators.some((other) => other.propertyName === propertyName && other.name === IS_INT);
  return { type: whole ? 'integer' : 'number', ...bound };
}

function enumSchema(constraints: readonly unknown[] | undefined): JsonSchema {
  const entries = Object.entries(Object(constraints?.[0]));
  // A numeric TypeScript enum also holds its own reverse mapping.
  const values: unknown[] = entries.filter(([key]) => !/^\d+$/.test(key)).map(([, value]) => value);
  const types = new Set(values.map((value) => typeof value));
  const [type] = types;
  return types.size === 1 && type !== undefined ? { type, enum: values } : { enum: values };
}

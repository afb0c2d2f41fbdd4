import type { Type } from '@nestjs/common';
import type { StandardJSONSchemaV1, StandardSchemaV1 } from '@standard-schema/spec';
import { modelSchema } from './model-schema.js';
import { type JsonSchema, parameterSchema } from './parameter-schema.js';
import { type ReadArguments, readArguments, readObject } from './tool-arguments.js';

/**
 * The description of a tool's parameters: a class with class-validator decorators, or any Standard Schema, for example
 * of zod.
 */
export type ToolParameters<P extends object> = Type<P> | StandardSchemaV1<unknown, P>;

/** The result of that: the schema for the model, and the reader of its text. */
export interface ParameterReader {
  readonly schema: JsonSchema;
  /** Turns a model's text into the tool's arguments. Never throws. */
  readonly read: (text: string) => Promise<ReadArguments>;
}

/**
 * Makes both from one description.
 * @throws naming the reason why models cannot get these parameters
 */
export function parameterReader(parameters: ToolParameters<object>): ParameterReader {
  // A Standard Schema may be a function as well.
  if (!('~standard' in parameters))
    return { schema: parameterSchema(parameters), read: (text) => readArguments(text, parameters) };
  const standard = parameters['~standard'];
  return {
    schema: jsonSchemaOf(standard),
    read: (text) => readObject(text, (given) => check(standard, given)),
  };
}

/** https://standardschema.dev/json-schema */
function jsonSchemaOf(standard: StandardSchemaV1.Props & Partial<StandardJSONSchemaV1.Props>): JsonSchema {
  const { jsonSchema, vendor } = standard;
  if (!jsonSchema) {
    throw new Error(
      `${vendor} does not offer the JSON Schema of theirs (~standard.jsonSchema); take a version that does, as zod from 4.2 on, or a class`,
    );
  }
  const { $schema: _dialect, ...schema } = jsonSchema.input({ target: 'draft-2020-12' });
  const derived = modelSchema(schema);
  if (derived.type !== 'object')
    throw new Error(`theirs is of "${String(derived.type)}"; models give an object`);
  return derived;
}

/** A top-level `null` that the schema does not allow means "not given", as models use it. */
async function check(standard: StandardSchemaV1.Props, given: object): Promise<ReadArguments> {
  const first = await standard.validate(given);
  if (!first.issues) return valid(first.value);
  const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  const second = await standard.validate(fields);
  return second.issues ? { kind: 'invalid', reasons: first.issues.map(reasonOf) } : valid(second.value);
}

function valid(value: unknown): ReadArguments {
  if (typeof value === 'object' && value !== null) return { kind: 'valid', parameters: value };
  return { kind: 'invalid', reasons: ['they come to no object'] };
}

/** A clause such as `a.b: must be a number`. */
function reasonOf({ path = [], message }: StandardSchemaV1.Issue): string {
  const names = path.map((part) => String(typeof part === 'object' ? part.key : part));
  return names.length === 0 ? message : `${names.join('.')}: ${message}`;
}

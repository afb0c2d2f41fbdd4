import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { OutOfTimeError, withinTime } from '../../../platform/runtime/within-time.js';
import type { JsonSchema } from '../parameter-schema.js';
import { type ReadArguments, readObject } from '../tool-arguments.js';

/** The limit of reasons that the model gets at once. */
const MAX_REASONS = 20;

/**
 * A few hundred bytes of nested references can make a check take a billion steps, so both compiling a check and running
 * it are aborted after this many milliseconds. An honest one takes a few, with room for a busy machine.
 */
const MAKE_WITHIN_MS = 1_000;
const CHECK_WITHIN_MS = 250;

/** Matches any text: a regular expression from outside could block the process for ever. */
const matchesAll = Object.assign(() => ({ test: () => true }), { code: '' });

const options: Options = {
  strict: false,
  allErrors: true,
  validateFormats: false,
  // Schemas of several tools may have the same `$id`.
  addUsedSchema: false,
  logger: false,
  code: { regExp: matchesAll },
};

/** The dialects of schemas; the last one is the default: https://modelcontextprotocol.io/specification (JSON Schema Usage). */
const dialects = [
  { of: /draft-0[67]/, ajv: lenient(new Ajv(options)) },
  { of: /./, ajv: lenient(new Ajv2020(options)) },
];

/**
 * Creates the reader of a tool's arguments from the server's JSON Schema (2020-12, or draft 6 or 7 if it says so). It
 * converts nothing and fills in no default; the server checks patterns and formats. A top-level `null` that the schema
 * does not allow means "not given", as models use it.
 * @throws if arguments cannot be checked by this schema, with the reason
 */
export function argumentReader(schema: JsonSchema): (text: string) => Promise<ReadArguments> {
  const dialect = typeof schema.$schema === 'string' ? schema.$schema : '2020-12';
  const ajv = dialects.find(({ of }) => of.test(dialect))?.ajv;
  if (!ajv) throw new Error('its schema is of no known dialect');
  if ('$async' in schema) throw new Error('its schema is asynchronous');
  const validate = withinTime(MAKE_WITHIN_MS, () => ajv.compile(schema));
  // A compiled check belongs to its tool, not to the process.
  ajv.removeSchema(schema);
  return (text) =>
    readObject(text, (given) => {
      try {
        return withinTime(CHECK_WITHIN_MS, () => check(validate, given));
      } catch (error) {
        if (!(error instanceof OutOfTimeError)) throw error;
        return { kind: 'invalid', reasons: ['to check them by this schema takes too long'] };
      }
    });
}

function check(validate: ValidateFunction, given: object): ReadArguments {
  if (validate(given)) return { kind: 'valid', parameters: given };
  const reasons = (validate.errors ?? []).slice(0, MAX_REASONS).map(reasonOf);
  const fields = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
  return validate(fields) ? { kind: 'valid', parameters: fields } : { kind: 'invalid', reasons };
}

/** Removes the checks that only the server makes. */
function lenient<Validator extends Ajv | Ajv2020>(ajv: Validator): Validator {
  for (const keyword of ['pattern', 'patternProperties']) ajv.removeKeyword(keyword);
  return ajv;
}

/** A clause such as `a.b must be number`. */
function reasonOf({ instancePath, message, params }: ErrorObject): string {
  const path = instancePath.slice(1).replaceAll('/', '.');
  const { additionalProperty, allowedValues } = params;
  const detail = additionalProperty ?? (Array.isArray(allowedValues) ? allowedValues.join(', ') : undefined);
  return `${path === '' ? 'they' : path} ${message ?? 'are wrong'}${detail === undefined ? '' : `: ${detail}`}`;
}

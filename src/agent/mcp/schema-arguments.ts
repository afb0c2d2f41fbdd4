import { Ajv, type ErrorObject, type Options, type ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { OutOfTimeError, withinTime } from '../../runtime/within-time.js';
import type { JsonSchema } from '../tools/parameter-schema.js';
import { type ReadArguments, readObject } from '../tools/tool-arguments.js';

/** Reasons the model gets to read at once. */
const MAX_REASONS = 20;

/**
 * A few hundred bytes of references to references have a check go through a billion of them, so both the making of a check
 * and a check are broken off after this many milliseconds. An honest one takes some, and a busy machine has time for it.
 */
const MAKE_WITHIN_MS = 5_000;
const CHECK_WITHIN_MS = 250;

/** Matches whatever it is asked: a regular expression from outside could hold the process up for ever. */
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

/** Which dialect a schema without `$schema` is in: https://modelcontextprotocol.io/specification (JSON Schema Usage). */
const dialects = [
  { of: /draft-0[67]/, ajv: lenient(new Ajv(options)) },
  { of: /./, ajv: lenient(new Ajv2020(options)) },
];

/**
 * Makes the reader of a tool's arguments from the JSON Schema of its server (2020-12, or draft 6 or 7 where it says so).
 * Nothing is converted and no default filled in; patterns and formats are the server's to check. A top-level `null` that
 * the schema does not allow means "not given", as models use it.
 * @throws saying why arguments cannot be checked by this schema
 */
export function argumentReader(schema: JsonSchema): (text: string) => Promise<ReadArguments> {
  const dialect = typeof schema.$schema === 'string' ? schema.$schema : '2020-12';
  const ajv = dialects.find(({ of }) => of.test(dialect))?.ajv;
  if (!ajv) throw new Error('its schema is of no known dialect');
  if ('$async' in schema) throw new Error('its schema is asynchronous');
  const validate = withinTime(MAKE_WITHIN_MS, () => ajv.compile(schema));
  // What is compiled stays with whom it was compiled for, not with all of the process.
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

/** Without what only the server checks. */
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

import { Parser } from 'expr-eval-fork';
import { GiveUpError, messageOf } from '../../../platform/errors/errors.js';

const FUNCTIONS = ['min', 'max', 'hypot', 'pow', 'atan2', 'roundTo', 'fac'];
const CONSTANTS = { pi: Math.PI, PI: Math.PI, e: Math.E, E: Math.E, true: true, false: false };

/** Numbers, names, operators and parentheses: strings, lists, assignments and statements never reach the parser. */
const ALLOWED = /^[\w\s.,+\-*/%^!()<>=?:]*$/;

const parser = boundedParser();

/**
 * The value of an arithmetic expression as text: whole numbers up to 2^53 exactly and without exponent, others with 15
 * significant digits. Every expression takes bounded time: there is no loop, no definition and no list, and a factorial
 * ends at 171.
 * @throws GiveUpError `EXPRESSION_INVALID`, `RESULT_UNDEFINED` or `RESULT_TOO_LARGE`, with a reason for the model
 */
export function calculate(expression: string): string {
  const text = normalise(expression);
  if (!ALLOWED.test(text)) throw invalid(expression, 'it holds characters that are not arithmetic');
  let value: unknown;
  try {
    value = parser.parse(text).evaluate();
  } catch (error) {
    throw invalid(expression, messageOf(error));
  }
  if (typeof value === 'boolean') return String(value);
  if (typeof value !== 'number') throw invalid(expression, 'it does not give a number');
  return formatNumber(value, expression);
}

/** The signs that people and models write for the operators. */
const normalise = (expression: string): string =>
  expression.replaceAll('**', '^').replaceAll(/[×·⋅]/g, '*').replaceAll('÷', '/').replaceAll(/[−–]/g, '-');

function formatNumber(value: number, expression: string): string {
  if (Number.isNaN(value)) {
    throw new GiveUpError('RESULT_UNDEFINED', `${expression} is undefined: it has no real value.`);
  }
  if (!Number.isFinite(value)) {
    throw new GiveUpError(
      'RESULT_TOO_LARGE',
      `${expression} is infinite: it divides by zero, or is larger than 1.8e308.`,
    );
  }
  if (Number.isSafeInteger(value)) return String(value === 0 ? 0 : value);
  // A double keeps 15 digits: 0.1 + 0.2 reads 0.3.
  const rounded = Number(value.toPrecision(15));
  return Number.isInteger(rounded) && Math.abs(rounded) > Number.MAX_SAFE_INTEGER
    ? `${rounded} (approximately)`
    : `${rounded}`;
}

const invalid = (expression: string, reason: string): GiveUpError =>
  new GiveUpError('EXPRESSION_INVALID', `Cannot calculate ${JSON.stringify(expression)}: ${reason}.`);

function boundedParser(): Parser {
  const parser = new Parser({
    allowMemberAccess: false,
    operators: {
      assignment: false,
      fndef: false,
      concatenate: false,
      in: false,
      length: false,
      random: false,
    },
  });
  const functions = Object.entries<unknown>(parser.functions).filter(([name]) => FUNCTIONS.includes(name));
  parser.functions = Object.fromEntries(functions);
  parser.consts = { ...CONSTANTS };
  // The parser looks names up with `in`. Without a prototype, `toString` and its like are unknown names, as they should
  // be.
  for (const key of Object.keys(parser)) {
    const table: unknown = Reflect.get(parser, key);
    if (typeof table === 'object' && table !== null) Object.setPrototypeOf(table, null);
  }
  return parser;
}

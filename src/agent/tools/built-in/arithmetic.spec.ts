import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { GiveUpError } from '../../../platform/errors/errors.js';
import { calculate } from './arithmetic.js';

describe('calculate', () => {
  it.each([
    ['6*7', '42'],
    ['6*10007', '60042'],
    ['6 × 7 ÷ 2 − 1', '20'],
    ['2**10', '1024'],
    ['2^3^2', '512'],
    ['-2^2', '-4'],
    ['0.1 + 0.2', '0.3'],
    ['10 / 4', '2.5'],
    ['1/3', '0.333333333333333'],
    ['17 % 5', '2'],
    ['9007199254740991', '9007199254740991'],
    ['94906265 * 94906265', '9007199136250225'],
    ['2^100', '1.26765060022823e+30 (approximately)'],
    ['123456789012345678 + 0', '123456789012346000 (approximately)'],
    ['0 * -1', '0'],
    ['5!', '120'],
    ['fac(5)', '120'],
    ['sqrt(2)^2', '2'],
    ['sin(pi/2) + cos(0)', '2'],
    ['min(3, 1, 2) + max(4, 9)', '10'],
    ['roundTo(2 / 3, 2)', '0.67'],
    ['log10(1000)', '3'],
    ['ln(e)', '1'],
    ['3 > 2 and not (1 == 2)', 'true'],
    ['1 > 2 ? 10 : 20', '20'],
    ['0x10 + 1.5e3', '1516'],
  ])('%s = %s', (expression, value) => {
    expect(calculate(expression)).toBe(value);
  });

  it.each([
    ['1/0', 'RESULT_TOO_LARGE', 'infinite'],
    ['10^400', 'RESULT_TOO_LARGE', 'infinite'],
    ['171!', 'RESULT_TOO_LARGE', 'infinite'],
    ['((9!)!)!', 'RESULT_TOO_LARGE', 'infinite'],
    ['sqrt(-1)', 'RESULT_UNDEFINED', 'no real value'],
    ['0/0', 'RESULT_UNDEFINED', 'no real value'],
    ['2 +', 'EXPRESSION_INVALID', 'Cannot calculate "2 +"'],
    ['', 'EXPRESSION_INVALID', 'Cannot calculate'],
    ['(1', 'EXPRESSION_INVALID', 'Cannot calculate'],
    ['speed * 2', 'EXPRESSION_INVALID', 'undefined variable: speed'],
    ['sqrt', 'EXPRESSION_INVALID', 'not give a number'],
    ['€5 * 2', 'EXPRESSION_INVALID', 'not arithmetic'],
  ])('names the fault of %s', (expression, code, reason) => {
    expect(() => calculate(expression)).toThrow(expect.objectContaining({ code }));
    expect(() => calculate(expression)).toThrow(reason);
  });

  it.each([
    'x = 5',
    'f(x) = f(x); f(1)',
    'f(x) = x * 2',
    '1; 2',
    '[1, 2, 3]',
    'map(sqrt, [1])',
    'sum(1, 2)',
    '"a" || "b"',
    "length('abc')",
    'length(5)',
    '1 in 1',
    'random()',
    'constructor',
    'constructor(1)',
    'toString',
    'toString()',
    '__proto__',
    'toString == 1',
    'not valueOf',
    'not toString 5',
    'not isPrototypeOf 5',
    'hasOwnProperty 5',
    '1 propertyIsEnumerable 2',
    'hasOwnProperty(1)',
    'sqrt.constructor',
    'max.call(1)',
    'process.exit(1)',
  ])('does not evaluate %s', (expression) => {
    expect(() => calculate(expression)).toThrow(expect.objectContaining({ code: 'EXPRESSION_INVALID' }));
  });

  it('answers any text with a short result or a reason', () => {
    const tokens = fc.constantFrom(
      ...'0 1 9 . e pi + - * / % ^ ! ( ) , ? : = == < > and or not sqrt max if toString constructor fac e999'.split(
        ' ',
      ),
    );
    const expressions = fc.oneof(
      fc.string({ maxLength: 500 }),
      fc.array(tokens, { maxLength: 60 }).map((parts) => parts.join(' ')),
    );
    fc.assert(
      fc.property(expressions, (expression) => {
        try {
          expect(calculate(expression).length).toBeLessThan(50);
        } catch (error) {
          expect(error).toBeInstanceOf(GiveUpError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

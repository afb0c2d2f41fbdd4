import { Injectable } from '@nestjs/common';
import { IsNotEmpty, IsString, MaxLength } from 'class-validator';
import { Describe, Tool } from '../tool.decorator.js';
import { calculate } from './arithmetic.js';

export class CalculateParameters {
  @Describe(
    'For example "(1299 * 0.85) / 3" or "sqrt(2) ^ 10". Decimal point, no thousands separators, no units.',
  )
  @IsString()
  @IsNotEmpty()
  @MaxLength(500)
  expression: string;
}

/** Computes arithmetic by a library, because models guess. */
@Injectable()
export class CalculateTool {
  @Tool({
    name: 'calculate',
    description:
      'Evaluates one arithmetic expression and returns the number. Use it for every calculation instead of computing ' +
      'by yourself. Operators: + - * / % (remainder) ^ ! ( ), comparisons, and, or, not, a ? b : c. Functions: sqrt ' +
      'cbrt abs round floor ceil trunc sign exp ln log (natural) log2 log10 sin cos tan asin acos atan (radians) ' +
      'atan2 min max hypot pow roundTo(x, digits). Constants: pi, e.',
    parameters: CalculateParameters,
    sideEffects: false,
  })
  calculate({ expression }: CalculateParameters): string {
    return calculate(expression);
  }
}

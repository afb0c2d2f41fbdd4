import { GiveUpError } from '../../platform/errors/errors.js';
import { Expression } from './expression.js';
import type { TriggerInput } from './trigger-input.js';

/** UTF-16 units of a key. */
export const MAX_KEY = 200;

/** Characters that PostgreSQL cannot store as text. */
const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** Decides by an expression whether a webhook passes. */
export class Filter {
  private readonly expression: Expression;

  /** @throws GiveUpError if it is no expression, or none that says true or false */
  constructor(text: string) {
    this.expression = new Expression(text);
    if (!['bool', 'dyn'].includes(this.expression.type))
      throw new GiveUpError(
        'EXPRESSION_INVALID',
        `at character 1: it has the type ${this.expression.type}, not bool`,
      );
  }

  /** @throws GiveUpError if it says neither true nor false of this webhook */
  passes(input: TriggerInput): boolean {
    const value = this.expression.run(input);
    if (typeof value === 'boolean') return value;
    throw new GiveUpError('EXPRESSION_FAILED', 'it says neither true nor false');
  }
}

/** Names by an expression what a webhook is about. */
export class Key {
  private readonly expression: Expression;

  /** @throws GiveUpError if it is no expression */
  constructor(text: string) {
    this.expression = new Expression(text);
  }

  /** @throws GiveUpError if it is no text or number for this webhook, or longer than `MAX_KEY` */
  of(input: TriggerInput): string {
    const value = this.expression.run(input);
    if (!['string', 'number', 'bigint', 'boolean'].includes(typeof value))
      throw new GiveUpError('EXPRESSION_FAILED', 'it is neither text nor a number');
    const key = String(value);
    if (key.length > MAX_KEY)
      throw new GiveUpError('EXPRESSION_FAILED', `it has more than ${MAX_KEY} characters`);
    if (UNSTORABLE.test(key)) throw new GiveUpError('EXPRESSION_FAILED', 'it is no readable text');
    return key;
  }
}

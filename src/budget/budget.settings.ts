import { readFileSync } from 'node:fs';
import { IsInt, IsNotEmpty, IsOptional, Max, Min, ValidateBy } from 'class-validator';
import type { ModelPrices } from './model-price.js';
import { microUsd, parsePrices } from './model-prices.js';
import { FromEnv, integer } from '../platform/config/variable.js';
import { messageOf } from '../platform/errors/errors.js';

const MAX_BUDGET_TOKENS = 1_000_000_000_000;

function Tokens(): PropertyDecorator {
  return (target, property) => {
    for (const decorate of [IsOptional(), IsInt(), Min(1), Max(MAX_BUDGET_TOKENS)])
      decorate(target, property);
  };
}

function Usd(): PropertyDecorator {
  const validator = {
    validate: (value: unknown) => typeof value === 'bigint' && value > 0n,
    defaultMessage: () => 'must be an amount of dollars, with six decimals at most',
  };
  return (target, property) => {
    for (const decorate of [IsOptional(), ValidateBy({ name: 'usd', validator })]) decorate(target, property);
  };
}

/** Millionths of a dollar, or the text itself so that validation can name it. */
const usd = (text: string): unknown => microUsd(text) ?? text;

/** The parsed table, or the text itself so that validation can name it. */
const prices = (text: string): unknown => {
  try {
    return parsePrices(text);
  } catch {
    return text;
  }
};

/** The limits of the model's use. An unset limit does not limit. */
export class BudgetSettings {
  @FromEnv('BUDGET_TURN_TOKENS', {
    description: 'tokens one turn may use, of all its model calls; unset: any number',
    example: '200000',
    parse: integer,
  })
  @Tokens()
  turnTokens?: number;

  @FromEnv('BUDGET_TURN_USD', {
    description: 'dollars one turn may cost; unset: any amount',
    example: '0.50',
    parse: usd,
  })
  @Usd()
  turnMicroUsd?: bigint;

  @FromEnv('BUDGET_USER_DAY_TOKENS', {
    description: 'tokens one user may use in a day (UTC), in all chats; unset: any number',
    example: '500000',
    parse: integer,
  })
  @Tokens()
  userDayTokens?: number;

  @FromEnv('BUDGET_USER_DAY_USD', {
    description: 'dollars one user may cost in a day (UTC); unset: any amount',
    example: '1',
    parse: usd,
  })
  @Usd()
  userDayMicroUsd?: bigint;

  @FromEnv('BUDGET_CHAT_DAY_TOKENS', {
    description: 'tokens one chat may use in a day (UTC), with all its topics; unset: any number',
    example: '1000000',
    parse: integer,
  })
  @Tokens()
  chatDayTokens?: number;

  @FromEnv('BUDGET_CHAT_DAY_USD', {
    description: 'dollars one chat may cost in a day (UTC); unset: any amount',
    example: '2',
    parse: usd,
  })
  @Usd()
  chatDayMicroUsd?: bigint;

  @FromEnv('BUDGET_DAY_TOKENS', {
    description: 'tokens all chats together may use in a day (UTC); unset: any number',
    example: '50000000',
    parse: integer,
  })
  @Tokens()
  dayTokens?: number;

  @FromEnv('BUDGET_DAY_USD', {
    description: 'dollars all chats together may cost in a day (UTC); unset: any amount',
    example: '100',
    parse: usd,
  })
  @Usd()
  dayMicroUsd?: bigint;

  @FromEnv('BUDGET_ANSWER_TOKENS', {
    description: 'where a budget is set: tokens one model call may answer with, and has reserved for that',
    example: '4096',
    parse: integer,
  })
  @IsInt()
  @Min(16)
  @Max(1_000_000)
  answerTokens = 4_096;

  @FromEnv('MODEL_PRICES', {
    description: 'dollars for a million tokens, over the known prices and MODEL_PRICES_FILE',
    example: '{"my-model":{"input":0.75,"output":4.5}}',
    parse: prices,
  })
  @ValidateBy({
    name: 'prices',
    validator: {
      validate: (value: unknown) => value instanceof Map,
      defaultMessage: () => 'must be JSON: models with "input" and "output", dollars for a million tokens',
    },
  })
  priceOverrides: ModelPrices = new Map();

  @FromEnv('MODEL_PRICES_FILE', {
    description: 'a file with such JSON',
    example: './prices.json',
  })
  @IsOptional()
  @IsNotEmpty()
  pricesFile?: string;

  /** The operator's prices: the file, and the overrides over it. */
  prices: ModelPrices = new Map();

  /** The models that any conversation may ask, by the names that have prices. */
  models: readonly string[] = [];

  /** Some budget is counted in money. */
  get countsMoney(): boolean {
    return [this.turnMicroUsd, this.userDayMicroUsd, this.chatDayMicroUsd, this.dayMicroUsd].some(
      (limit) => limit !== undefined,
    );
  }
}

/**
 * Puts MODEL_PRICES_FILE and MODEL_PRICES over the built-in table.
 * @returns the faults of the file
 */
export function completePrices(budget: BudgetSettings): string[] {
  // The table may be its text still, which validation has named.
  if (!(budget.priceOverrides instanceof Map)) return [];
  try {
    const file = budget.pricesFile ? parsePrices(readFileSync(budget.pricesFile, 'utf8')) : [];
    budget.prices = new Map([...file, ...budget.priceOverrides]);
    return [];
  } catch (error) {
    return [`MODEL_PRICES_FILE cannot be read: ${messageOf(error)} (for example ./prices.json)`];
  }
}

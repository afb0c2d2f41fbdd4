import type { ModelPrice, ModelPrices } from './model-price.js';
import { publishedPrice } from './published-prices.js';

/** A price of our own, with its source and date. */
export interface PriceRow {
  readonly model: string;
  /** Dollars for a million tokens. */
  readonly input: string;
  readonly output: string;
  readonly source: string;
  readonly readOn: string;
}

/** Models without a price in the library: dollars for a million tokens, at the provider's standard rate. */
export const priceRows: readonly PriceRow[] = [
  {
    model: 'gpt-6.2-sol',
    input: '2',
    output: '10',
    source: 'https://developers.openai.com/api/docs/models/gpt-6.2-sol',
    readOn: '2026-11-25',
  },
  {
    model: 'gpt-6.1-sol',
    input: '2',
    output: '10',
    source: 'https://docs.litellm.ai/blog/gpt_6_1_sol',
    readOn: '2026-11-25',
  },
  // Sound that is billed by its length counts as 10 tokens a second: $0.006 a minute.
  {
    model: 'whisper-1',
    input: '10',
    output: '0',
    source: 'https://openrouter.ai/openai/whisper-1/api',
    readOn: '2026-11-25',
  },
];

const ownPrices: ModelPrices = new Map(
  priceRows.map(({ model, input, output }) => [model, dollars(input, output)]),
);

/** The version behind a model's name: `-2026-03-17`. */
const DATED = /-\d{4}-\d{2}-\d{2}$/;

/**
 * Finds the price of a model, or of its name without the date: the operator's, else the provider's published one, else
 * our own row; null if there is none.
 */
export function priceOf(overrides: ModelPrices, model: string): ModelPrice | null {
  const undated = model.replace(DATED, '');
  return (
    overrides.get(model) ??
    overrides.get(undated) ??
    publishedPrice(model) ??
    publishedPrice(undated) ??
    ownPrices.get(undated) ??
    null
  );
}

/** The model's own name, without its provider; the price depends on it. */
export function modelNameOf(text: string): string {
  return text.slice(text.indexOf('=') + 1);
}

/**
 * Reads `{"<model>":{"input":0.75,"output":4.5}}`, dollars for a million tokens.
 * @throws naming the fault
 */
export function parsePrices(json: string): ModelPrices {
  const table: unknown = JSON.parse(json);
  if (!isRecord(table)) throw new Error('not an object of models');
  return new Map(
    Object.entries(table).map(([model, price]) => {
      if (!isRecord(price)) throw new Error(`${model} has no {"input", "output"}`);
      const [input, output] = [microUsd(String(price.input)), microUsd(String(price.output))];
      if (input === null || output === null)
        throw new Error(`${model} needs "input" and "output": dollars for a million tokens`);
      return [model, { input, output }];
    }),
  );
}

/** A decimal amount of dollars, of at most six decimals, in millionths; null for anything else. */
export function microUsd(text: string): bigint | null {
  const match = /^(\d{1,9})(?:\.(\d{1,6}))?$/.exec(text.trim());
  if (!match) return null;
  const [, whole = '0', decimals = ''] = match;
  return BigInt(whole) * 1_000_000n + BigInt(decimals.padEnd(6, '0'));
}

function dollars(input: string, output: string): ModelPrice {
  return { input: microUsd(input) ?? 0n, output: microUsd(output) ?? 0n };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

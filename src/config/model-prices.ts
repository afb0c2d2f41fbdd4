/** What a model costs, in millionths of a dollar for a million tokens: whole numbers, so that sums are exact. */
export interface ModelPrice {
  readonly input: bigint;
  readonly output: bigint;
}

export type ModelPrices = ReadonlyMap<string, ModelPrice>;

/**
 * The price table: dollars for a million tokens, without discounts (cache, batch). As published in June 2026
 * (https://platform.openai.com/docs/pricing); MODEL_PRICES and MODEL_PRICES_FILE override it and add to it.
 */
export const builtInPrices: ModelPrices = new Map([
  ['gpt-5.5', dollars('5', '30')],
  ['gpt-5.5-pro', dollars('30', '180')],
  ['gpt-5.4', dollars('2.5', '15')],
  ['gpt-5.4-pro', dollars('30', '180')],
  ['gpt-5.4-mini', dollars('0.75', '4.5')],
  ['gpt-5.4-nano', dollars('0.2', '1.25')],
  ['gpt-5.2', dollars('1.75', '14')],
  ['gpt-5.1', dollars('1.25', '10')],
  ['gpt-5', dollars('1.25', '10')],
  ['gpt-5-mini', dollars('0.25', '2')],
  ['gpt-5-nano', dollars('0.05', '0.4')],
  ['gpt-4.1', dollars('2', '8')],
  ['gpt-4.1-mini', dollars('0.4', '1.6')],
  ['gpt-4.1-nano', dollars('0.1', '0.4')],
  ['gpt-4o', dollars('2.5', '10')],
  ['gpt-4o-mini', dollars('0.15', '0.6')],
  ['o3', dollars('2', '8')],
  ['o4-mini', dollars('1.1', '4.4')],
]);

/** The version behind a model's name: `-2026-03-17`. */
const DATED = /-\d{4}-\d{2}-\d{2}$/;

/** The price of a model, or of the name it has without its date; null where the table has neither. */
export function priceOf(prices: ModelPrices, model: string): ModelPrice | null {
  return prices.get(model) ?? prices.get(model.replace(DATED, '')) ?? null;
}

/**
 * Reads `{"<model>":{"input":0.75,"output":4.5}}`, dollars for a million tokens.
 * @throws saying what is wrong
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

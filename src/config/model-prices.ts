/** What a model costs, in millionths of a dollar for a million tokens: whole numbers, so that sums are exact. */
export interface ModelPrice {
  readonly input: bigint;
  readonly output: bigint;
}

export type ModelPrices = ReadonlyMap<string, ModelPrice>;

/** A row of the price table: where the price was read, and when. */
export interface PriceRow {
  readonly model: string;
  /** Dollars for a million tokens. */
  readonly input: string;
  readonly output: string;
  readonly source: string;
  readonly readOn: string;
}

const OPENAI = 'https://developers.openai.com';
const READ = { readOn: '2026-11-25' } as const;

/**
 * The price table: dollars for a million tokens, at the provider's standard rate, without discounts (cache, batch) and
 * below the length from which requests are dearer. First what the provider's own pages say, then what others quote from
 * them. MODEL_PRICES and MODEL_PRICES_FILE override it and add to it.
 */
export const priceRows: readonly PriceRow[] = [
  {
    model: 'gpt-6.2-sol',
    input: '2',
    output: '10',
    source: `${OPENAI}/api/docs/models/gpt-6.2-sol`,
    ...READ,
  },
  { model: 'gpt-6-sol', input: '2', output: '10', source: `${OPENAI}/docs/models/gpt-6-sol`, ...READ },
  { model: 'gpt-5.5', input: '5', output: '30', source: `${OPENAI}/docs/models`, ...READ },
  { model: 'gpt-5.4', input: '2.5', output: '15', source: `${OPENAI}/docs/models`, ...READ },
  { model: 'gpt-5.4-mini', input: '0.75', output: '4.5', source: `${OPENAI}/docs/models`, ...READ },
  {
    model: 'gpt-5-nano',
    input: '0.05',
    output: '0.4',
    source: `${OPENAI}/api/docs/models/gpt-5-nano`,
    ...READ,
  },
  {
    model: 'o3',
    input: '2',
    output: '8',
    source: 'https://platform.openai.com/docs/pricing',
    readOn: '2026-06',
  },
  {
    model: 'gpt-6.1-sol',
    input: '2',
    output: '10',
    source: 'https://docs.litellm.ai/blog/gpt_6_1_sol',
    ...READ,
  },
  {
    model: 'gpt-5.5-pro',
    input: '30',
    output: '180',
    source: 'https://www.morphllm.com/openai-api-pricing',
    ...READ,
  },
  {
    model: 'gpt-5.4-pro',
    input: '30',
    output: '180',
    source: 'https://www.morphllm.com/openai-api-pricing',
    ...READ,
  },
  {
    model: 'gpt-5.4-nano',
    input: '0.2',
    output: '1.25',
    source: 'https://www.morphllm.com/openai-api-pricing',
    ...READ,
  },
  {
    model: 'gpt-5.2',
    input: '1.75',
    output: '14',
    source: 'https://github.com/benbencodes/llm-prices',
    ...READ,
  },
  {
    model: 'gpt-5.1',
    input: '1.25',
    output: '10',
    source: 'https://github.com/benbencodes/llm-prices',
    ...READ,
  },
  {
    model: 'gpt-5',
    input: '1.25',
    output: '10',
    source: 'https://github.com/benbencodes/llm-prices',
    ...READ,
  },
  {
    model: 'gpt-5-mini',
    input: '0.25',
    output: '2',
    source: 'https://openrouter.ai/openai/gpt-5-mini',
    ...READ,
  },
  { model: 'gpt-4.1', input: '2', output: '8', source: 'https://www.helicone.ai/model/gpt-4.1', ...READ },
  {
    model: 'gpt-4.1-mini',
    input: '0.4',
    output: '1.6',
    source: 'https://hex.pm/packages/openai_responses/0.4.1',
    ...READ,
  },
  {
    model: 'gpt-4.1-nano',
    input: '0.1',
    output: '0.4',
    source: 'https://hex.pm/packages/openai_responses/0.4.1',
    ...READ,
  },
  {
    model: 'gpt-4o',
    input: '2.5',
    output: '10',
    source: 'https://hex.pm/packages/openai_responses/0.4.1',
    ...READ,
  },
  {
    model: 'gpt-4o-mini',
    input: '0.15',
    output: '0.6',
    source: 'https://docs.venice.ai/es/models/gpt-4o-mini.md',
    ...READ,
  },
  {
    model: 'o4-mini',
    input: '1.1',
    output: '4.4',
    source: 'https://vercel.com/ai-gateway/models/o4-mini.md',
    ...READ,
  },
  // Of what hears, sound that is billed by its length counts as 10 tokens a second: $0.006 a minute.
  {
    model: 'gpt-4o-transcribe',
    input: '2.5',
    output: '10',
    source: `${OPENAI}/api/docs/models/gpt-4o-transcribe`,
    ...READ,
  },
  {
    model: 'gpt-4o-mini-transcribe',
    input: '1.25',
    output: '5',
    source: 'https://vercel.com/ai-gateway/models/gpt-4o-mini-transcribe.md',
    ...READ,
  },
  {
    model: 'whisper-1',
    input: '10',
    output: '0',
    source: 'https://openrouter.ai/openai/whisper-1/api',
    ...READ,
  },
];

export const builtInPrices: ModelPrices = new Map(
  priceRows.map(({ model, input, output }) => [model, dollars(input, output)]),
);

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

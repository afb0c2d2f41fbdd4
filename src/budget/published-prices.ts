import { createRequire } from 'node:module';
import type { ModelPrice } from './model-price.js';

type Library = typeof import('@pydantic/genai-prices');

/** Loads the library with the first price that is asked for: its data are 0.8 MB of source. */
const library: () => Library = () => createRequire(import.meta.url)('@pydantic/genai-prices');

/** The library's prices of a model: dollars for a million tokens by kind, some of them by the length of the request. */
type Published = NonNullable<ReturnType<Library['calcPrice']>>['model_price'];

/** Cached prices: the library takes 0.1 ms for one. */
const read = new Map<string, ModelPrice>();
const MAX_READ = 1_000;

/**
 * Finds a model's published price in the data that comes with the library, without network access. Returns null if the
 * library does not know the model, or no price of its tokens.
 */
export function publishedPrice(model: string): ModelPrice | null {
  const known = read.get(model);
  if (known) return known;
  const published = library().calcPrice({ input_tokens: 0, output_tokens: 0 }, model)?.model_price;
  if (published?.input_mtok === undefined || published.output_mtok === undefined) return null;
  const price = priceFrom(published);
  // The names come from a server.
  if (read.size >= MAX_READ) read.clear();
  read.set(model, price);
  return price;
}

function priceFrom(published: Published): ModelPrice {
  const starts = Object.values(published).flatMap((rate) =>
    typeof rate === 'object' ? rate.tiers.map(({ start }) => start) : [],
  );
  const longer = [...new Set(starts)]
    .toSorted((a, b) => a - b)
    .map((above) => ({ above, price: ratesAt(published, above) }));
  return { ...ratesAt(published, -1), longer };
}

/** The rates of a request of more input tokens than `above`. */
function ratesAt(published: Published, above: number): ModelPrice {
  const rate = (kind: string): bigint | undefined => {
    const given = published[kind];
    if (given === undefined) return undefined;
    if (typeof given === 'number') return microUsd(given);
    return microUsd(given.tiers.findLast(({ start }) => start <= above)?.price ?? given.base);
  };
  return {
    input: rate('input_mtok') ?? 0n,
    output: rate('output_mtok') ?? 0n,
    cachedInput: rate('cache_read_mtok'),
    cacheWrite: rate('cache_write_mtok'),
    audioInput: rate('input_audio_mtok'),
  };
}

const microUsd = (dollars: number): bigint => BigInt(Math.round(dollars * 1_000_000));

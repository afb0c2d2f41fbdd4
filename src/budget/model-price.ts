/** The price of a model, in millionths of a dollar for a million tokens: whole numbers, so that sums are exact. */
export interface ModelPrice {
  readonly input: bigint;
  readonly output: bigint;
  /** Input that the provider read from its cache; default: as `input`. */
  readonly cachedInput?: bigint | undefined;
  /** Input that the provider wrote to its cache; default: as `input`. */
  readonly cacheWrite?: bigint | undefined;
  /** Sound input; default: as `input`. */
  readonly audioInput?: bigint | undefined;
  /** The price of all of a request with more input tokens than `above`, the shortest first. */
  readonly longer?: readonly { readonly above: number; readonly price: ModelPrice }[];
}

export type ModelPrices = ReadonlyMap<string, ModelPrice>;

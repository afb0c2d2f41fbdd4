import { Injectable } from '@nestjs/common';
import { BudgetSettings } from './budget.settings.js';
import type { ModelPrice, ModelPrices } from './model-price.js';
import { modelNameOf, priceOf } from './model-prices.js';
import { costOf } from './amount.js';
import type { CallUsage } from './call-usage.js';

/** The cost of model calls. */
@Injectable()
export class Prices {
  private readonly overrides: ModelPrices;
  private readonly models: readonly string[];
  private found: readonly ModelPrice[] | null = null;

  constructor({ prices, models }: BudgetSettings) {
    this.overrides = prices;
    this.models = models;
  }

  /** The cost of an answered call; by a model without a price, at the highest possible price. */
  cost(call: CallUsage): bigint {
    const price = priceOf(this.overrides, call.model);
    return price ? costOf(price, call) : this.highest(call.inputTokens, call.outputTokens, null);
  }

  /**
   * The highest cost of a call that any of the configured models, or the conversation's own, may answer: 0 if none has
   * a price. A provider may write all of a request to its cache, which costs no less than reading it.
   */
  highest(inputTokens: number, outputTokens: number, ownModel: string | null): bigint {
    const own = ownModel === null ? [] : this.find(ownModel);
    const usage = { inputTokens, cacheWriteTokens: inputTokens, outputTokens };
    return [...this.configured(), ...own]
      .map((price) => costOf(price, usage))
      .reduce((most, cost) => (cost > most ? cost : most), 0n);
  }

  /** The prices of the configured models, found with the first call: a process that makes none reads no prices. */
  private configured(): readonly ModelPrice[] {
    return (this.found ??= this.models.flatMap((text) => this.find(text)));
  }

  /** Finds prices by the model, whatever its provider. */
  private find(text: string): readonly ModelPrice[] {
    const price = priceOf(this.overrides, modelNameOf(text));
    return price ? [price] : [];
  }
}

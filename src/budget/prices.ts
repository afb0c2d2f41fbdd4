import { Injectable } from '@nestjs/common';
import { BudgetSettings } from '../config/budget.settings.js';
import { type ModelPrice, type ModelPrices, priceOf } from '../config/model-prices.js';
import { modelNameOf } from '../config/model-target.js';
import { ModelSettings } from '../config/model.settings.js';
import { costOf } from './amount.js';

/** What model calls cost. */
@Injectable()
export class Prices {
  private readonly table: ModelPrices;
  private readonly configured: readonly ModelPrice[];

  constructor(budget: BudgetSettings, { model, fallbackModels, checkModel = model }: ModelSettings) {
    this.table = budget.prices;
    this.configured = [model, ...fallbackModels, checkModel].flatMap((text) => this.find(text));
  }

  /** Of a call that was answered by `model`; by a name that the table does not know, at the highest price that may be. */
  cost(model: string, inputTokens: number, outputTokens: number): bigint {
    const price = priceOf(this.table, model);
    return price ? costOf(price, inputTokens, outputTokens) : this.highest(inputTokens, outputTokens, null);
  }

  /**
   * Of a call that any of the configured models may answer, or the conversation's own: 0 where none of them has a price.
   */
  highest(inputTokens: number, outputTokens: number, ownModel: string | null): bigint {
    const own = ownModel === null ? [] : this.find(ownModel);
    return [...this.configured, ...own]
      .map((price) => costOf(price, inputTokens, outputTokens))
      .reduce((most, cost) => (cost > most ? cost : most), 0n);
  }

  /** A price is a model's, whichever provider is asked for it. */
  private find(text: string): readonly ModelPrice[] {
    const price = priceOf(this.table, modelNameOf(text));
    return price ? [price] : [];
  }
}

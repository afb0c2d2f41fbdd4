import { Injectable } from '@nestjs/common';
import { BudgetSettings } from '../config/budget.settings.js';
import type { BudgetScope } from '../generated/prisma/client.js';
import { type Limit, limits } from './amount.js';

/** The budgets as they are set. */
@Injectable()
export class BudgetLimits {
  readonly turn: Limit;
  /** For each scope a day. */
  readonly day: Readonly<Record<BudgetScope, Limit>>;
  /** Some scope has a limit a day. */
  readonly daily: boolean;
  /** There is some limit. */
  readonly any: boolean;
  readonly answerTokens: number;

  constructor(settings: BudgetSettings) {
    this.turn = limit(settings.turnTokens, settings.turnMicroUsd);
    this.day = {
      user: limit(settings.userDayTokens, settings.userDayMicroUsd),
      chat: limit(settings.chatDayTokens, settings.chatDayMicroUsd),
      all: limit(settings.dayTokens, settings.dayMicroUsd),
    };
    this.daily = Object.values(this.day).some(limits);
    this.any = this.daily || limits(this.turn);
    this.answerTokens = settings.answerTokens;
  }

  /** For the request of each model call: where something is limited, the answer ends at what is reserved for it. */
  get callLimit(): { readonly max_completion_tokens?: number } {
    return this.any ? { max_completion_tokens: this.answerTokens } : {};
  }
}

function limit(tokens: number | undefined, microUsd: bigint | undefined): Limit {
  return { tokens: tokens === undefined ? null : BigInt(tokens), microUsd: microUsd ?? null };
}

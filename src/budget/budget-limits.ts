import { Injectable } from '@nestjs/common';
import { BudgetSettings } from './budget.settings.js';
import type { BudgetScope } from '../generated/prisma/client.js';
import { type Limit, limits } from './amount.js';

/** The configured budgets. */
@Injectable()
export class BudgetLimits {
  readonly turn: Limit;
  /** The daily limit of each scope. */
  readonly day: Readonly<Record<BudgetScope, Limit>>;
  /** Whether some scope has a daily limit. */
  readonly daily: boolean;
  /** Whether there is any limit. */
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

  /** For the request of each model call: with a limit, the answer ends at the reserved amount. */
  get callLimit(): { readonly max_completion_tokens?: number } {
    return this.any ? { max_completion_tokens: this.answerTokens } : {};
  }
}

function limit(tokens: number | undefined, microUsd: bigint | undefined): Limit {
  return { tokens: tokens === undefined ? null : BigInt(tokens), microUsd: microUsd ?? null };
}

import { Injectable, type OnModuleInit } from '@nestjs/common';
import { BudgetLimits } from '../../budget/budget-limits.js';
import { BudgetScope } from '../../generated/prisma/client.js';
import { Clock } from '../../platform/runtime/clock.js';
import { SweepAdditions } from '../../queue/sweep-additions.js';
import { AlertSettings } from './alert.settings.js';
import { WatchRepository } from './watch.repository.js';

/** The time between two looks of a process, in milliseconds. */
const EVERY_MS = 30_000;
const BUDGET_PERCENTS = [80, 100];
/** A reply that was tried and waits for so long: its bot is out of reach. */
const UNREACHABLE_MINUTES = 5;

/** Looks for what no transaction tells by itself: used budgets, old backlogs, bots out of reach. A part of the sweep. */
@Injectable()
export class AlertWatch implements OnModuleInit {
  private lookedMs: number | null = null;

  constructor(
    private readonly watch: WatchRepository,
    private readonly limits: BudgetLimits,
    private readonly settings: AlertSettings,
    private readonly clock: Clock,
    private readonly additions: SweepAdditions,
  ) {}

  onModuleInit(): void {
    this.additions.add('alert watch', () => this.run());
  }

  async run(): Promise<void> {
    const now = this.clock.monotonicMs();
    if (this.lookedMs !== null && now - this.lookedMs < EVERY_MS) return;
    this.lookedMs = now;
    await this.look();
  }

  /** One look. */
  async look(): Promise<void> {
    if (this.limits.daily) {
      const limits = Object.values(BudgetScope).map((scope) => ({ scope, ...this.limits.day[scope] }));
      await this.watch.tellBudgets(limits, BUDGET_PERCENTS);
    }
    await this.watch.tellBacklog(this.settings.backlogMinutes);
    await this.watch.tellUnreachableBots(UNREACHABLE_MINUTES);
  }
}

import { Injectable } from '@nestjs/common';
import type { BudgetScope } from '../../generated/prisma/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';

/** The daily limit of a scope; null does not limit. */
export interface DailyLimit {
  readonly scope: BudgetScope;
  readonly tokens: bigint | null;
  readonly microUsd: bigint | null;
}

/**
 * Tells of states that last, once each: by a key that follows from the state. Whoever looks, and however many do, the
 * same is told once.
 */
@Injectable()
export class WatchRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Budgets of today that are used by one of these parts, in percent. */
  async tellBudgets(limits: readonly DailyLimit[], percents: readonly number[]): Promise<void> {
    await this.prisma.$executeRaw`
      SELECT tell_operators('budget.passed', passed.data, passed.key) FROM (
        SELECT json_build_object('scope', d.scope, 'key', d.key, 'day', d.day, 'percent', p.percent) AS data,
               concat_ws(':', 'budget', d.day, d.scope, p.percent, d.key) AS key
        FROM unnest(${limits.map(({ scope }) => scope)}::text[], ${limits.map(({ tokens }) => tokens)}::bigint[],
                    ${limits.map(({ microUsd }) => microUsd)}::bigint[]) AS l (scope, tokens, micro_usd)
        JOIN budget_days d ON d.scope = l.scope::budget_scope AND d.day = (now() AT TIME ZONE 'UTC')::date
        JOIN unnest(${[...percents]}::int[]) AS p (percent)
          ON d.spent_tokens * 100 >= l.tokens * p.percent OR d.spent_micro_usd * 100 >= l.micro_usd * p.percent
        ORDER BY 2
      ) AS passed
      WHERE NOT EXISTS (SELECT FROM notifications n WHERE n.once_key = passed.key)`;
  }

  /** Messages and webhooks that have waited for so long, once an hour. */
  async tellBacklog(minutes: number): Promise<void> {
    await this.prisma.$executeRaw`
      SELECT tell_operators('backlog.old', json_build_object('waiting', b.waiting, 'minutes', b.minutes),
                            'backlog:' || date_trunc('hour', now()))
      FROM (
        SELECT count(*) AS waiting, floor(extract(epoch FROM now() - min(e.received_at)) / 60)::int AS minutes
        FROM events e LEFT JOIN conversations c ON c.id = e.conversation_id
        WHERE e.state = 'waiting' AND (c.id IS NULL OR c.status = 'active')
      ) AS b
      WHERE b.minutes >= ${minutes}`;
  }

  /** Bots whose replies were tried and are still not sent after so long, once an hour. */
  async tellUnreachableBots(minutes: number): Promise<void> {
    await this.prisma.$executeRaw`
      SELECT tell_operators('bot.unreachable', json_build_object('channel', b.channel, 'replies', b.replies),
                            'bot:' || b.channel || ':' || date_trunc('hour', now()))
      FROM (
        SELECT c.channel, count(*) AS replies FROM replies r JOIN conversations c ON c.id = r.conversation_id
        WHERE r.settled_at IS NULL AND r.attempts > 0 AND r.created_at < now() - ${minutes} * interval '1 minute'
        GROUP BY c.channel ORDER BY c.channel
      ) AS b`;
  }
}

import { Injectable } from '@nestjs/common';
import { deferralOf, isDue, putOffBy, waitMsOf } from '../../../platform/database/deferred.js';
import { PrismaService } from '../../../platform/database/prisma.service.js';
import type { ErrorText } from '../../../platform/errors/error-text.js';
import type { Event, Prisma } from '../../../generated/prisma/client.js';
import { Ids } from '../../../platform/runtime/ids.js';
import type { EventFailureDecision, FailedTries } from './event-failure.js';

/** An event whose handling has failed. */
export type FailedEvent = Pick<Event, 'id' | 'source' | 'payload'> & { readonly conversationId: string };

/** The outcome of a failure. `settled`: another lane has handled the event meanwhile, or it is erased. */
export type EventFailureOutcome =
  | { readonly kind: 'again'; readonly delayMs: number }
  | { readonly kind: 'dead'; readonly code: string }
  | { readonly kind: 'settled' };

const deferral = deferralOf('event_failures');

/** Failures of waiting events, and the dead letters that they end as. */
@Injectable()
export class EventTriesRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly ids: Ids,
  ) {}

  /**
   * Counts a failed try once, even if two lanes had it at the same time, and follows the decision of `decide`: puts the
   * event off, or ends it as a dead letter.
   */
  async record(
    { id, conversationId }: FailedEvent,
    failure: { readonly kind: 'attempt' | 'outage'; readonly error: ErrorText },
    decide: (tries: FailedTries) => EventFailureDecision,
  ): Promise<EventFailureOutcome> {
    return await this.prisma.$transaction(async (tx) => {
      if (!(await this.holdWaiting(tx, id, conversationId))) return { kind: 'settled' };
      const { kind, error } = failure;
      const counts = { attempts: kind === 'attempt' ? 1 : 0, outages: kind === 'outage' ? 1 : 0 };
      const [tries] = await tx.$queryRaw<(FailedTries & { firstError: string })[]>`
        INSERT INTO event_failures
          (event_id, conversation_id, attempts, outages, first_error, last_error, deferred_at, available_at)
        VALUES (${id}, ${conversationId}::uuid, ${counts.attempts}, ${counts.outages}, ${error}, ${error},
                clock_timestamp(), clock_timestamp())
        ON CONFLICT (event_id) DO UPDATE SET
          attempts = event_failures.attempts + EXCLUDED.attempts,
          outages = event_failures.outages + EXCLUDED.outages,
          last_error = EXCLUDED.last_error
        WHERE ${isDue(deferral)}
        RETURNING attempts, outages, first_error AS "firstError"`;
      if (!tries) return { kind: 'again', delayMs: await this.waitMs(tx, id) };
      const decision = decide(tries);
      if (decision.kind === 'again') {
        await tx.$executeRaw`UPDATE event_failures SET ${putOffBy(decision.delayMs)} WHERE event_id = ${id}`;
        return decision;
      }
      await tx.event.update({ where: { id }, data: { state: 'dead' } });
      await tx.eventFailure.delete({ where: { eventId: id } });
      const letter = {
        conversationId,
        reason: decision.code,
        attempts: tries.attempts + tries.outages,
        firstError: tries.firstError,
        lastError: error,
      };
      const key = { kind: 'event', subjectId: String(id) } as const;
      await tx.deadLetter.upsert({
        where: { kind_subjectId: key },
        create: { ...letter, ...key, id: this.ids.next() },
        update: letter,
      });
      return { kind: 'dead', code: decision.code };
    });
  }

  /** Deletes the failures of events that no longer wait. */
  async forgetSettled(conversationId: string): Promise<void> {
    await this.prisma.$executeRaw`
      DELETE FROM event_failures f WHERE f.conversation_id = ${conversationId}::uuid
        AND NOT EXISTS (SELECT FROM events e WHERE e.id = f.event_id AND e.state = 'waiting')`;
  }

  /** Locks conversation and event, in this order. */
  private async holdWaiting(
    tx: Prisma.TransactionClient,
    id: bigint,
    conversationId: string,
  ): Promise<boolean> {
    const [conversation] = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM conversations WHERE id = ${conversationId}::uuid FOR KEY SHARE`;
    if (conversation === undefined) return false;
    const [event] = await tx.$queryRaw<unknown[]>`
      SELECT 1 FROM events
      WHERE id = ${id} AND conversation_id = ${conversationId}::uuid AND state = 'waiting' FOR UPDATE`;
    return event !== undefined;
  }

  private async waitMs(tx: Prisma.TransactionClient, id: bigint): Promise<number> {
    const [row] = await tx.$queryRaw<{ waitMs: number }[]>`
      SELECT ${waitMsOf(deferral)} AS "waitMs" FROM event_failures WHERE event_id = ${id}`;
    return row?.waitMs ?? 0;
  }
}

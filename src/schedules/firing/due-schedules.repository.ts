import { Injectable } from '@nestjs/common';
import type { UserId } from '../../channel/ids.js';
import { SCHEDULE_SOURCE } from '../../channel/event-source.js';
import type { ChatDescription, Sender } from '../../channel/inbound.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import {
  Prisma,
  type ConversationStatus,
  type MissedPolicy,
  type OverlapPolicy,
  type ScheduleKind,
  type ScheduleRun,
} from '../../generated/prisma/client.js';
import { externalIdOf, type ScheduledEvent, writeScheduledEvent } from '../scheduled-event.js';

/** A due schedule and its conversation, both locked. */
export interface DueSchedule {
  readonly id: string;
  readonly conversationId: string;
  readonly number: number;
  readonly kind: ScheduleKind;
  readonly text: string;
  readonly cron: string | null;
  readonly timeZone: string;
  readonly everyMinutes: number | null;
  readonly missed: MissedPolicy;
  readonly overlap: OverlapPolicy;
  readonly nextAt: Date;
  readonly status: ConversationStatus;
  /** Sends to the chat are refused. */
  readonly unreachable: boolean;
  readonly epoch: number;
  readonly channel: string;
  readonly chat: ChatDescription;
  /** Its creator, as last seen. */
  readonly sender: Sender | null;
  /** By the database's clock. */
  readonly now: Date;
}

interface Row extends Omit<DueSchedule, 'chat' | 'sender'>, Omit<ChatDescription, 'type'> {
  readonly chatType: string;
  readonly userId: UserId | null;
  readonly isChat: boolean;
  readonly firstName: string;
  readonly lastName: string | null;
  readonly userName: string | null;
  readonly languageCode: string | null;
}

/** Recorded times of a schedule. */
const KEPT_RUNS = 1_000;

/** Due schedules, and their next state. */
@Injectable()
export class DueSchedulesRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Up to `limit` due schedules, the longest overdue first; those of paused conversations wait. */
  async ids(limit: number): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ id: string }[]>(dueSchedulesStatement(limit));
    return rows.map(({ id }) => id);
  }

  /**
   * Locks one for the caller's transaction, with its conversation, so that neither is erased meanwhile.
   * @returns null if it is not due (any more), or another transaction holds it or its conversation: waiting for an
   * erasure could take minutes
   */
  async lockDue(tx: Prisma.TransactionClient, id: string): Promise<DueSchedule | null> {
    const [row] = await tx.$queryRaw<Row[]>`
      SELECT s.id, s.conversation_id AS "conversationId", s.number, s.kind::text AS kind, s.text, s.cron,
             s.time_zone AS "timeZone", s.every_minutes AS "everyMinutes", s.missed::text AS missed,
             s.overlap::text AS overlap, s.next_at AS "nextAt", c.status::text AS status, c.epoch,
             c.unreachable_at IS NOT NULL AS unreachable,
             c.channel, c.chat_id AS "chatId", c.thread_id AS "threadId", c.via, c.chat_type AS "chatType", c.title, c.username,
             p.user_id AS "userId", p.is_chat AS "isChat", p.first_name AS "firstName", p.last_name AS "lastName",
             p.username AS "userName", p.language_code AS "languageCode", clock_timestamp() AS now
      FROM schedules s
      JOIN conversations c ON c.id = s.conversation_id
      LEFT JOIN people p ON p.channel = c.channel AND p.user_id = s.created_by
      WHERE s.id = ${id}::uuid AND s.state = 'planned' AND s.next_at <= clock_timestamp() AND c.status <> 'paused'
        AND c.erased_at IS NULL
      FOR NO KEY UPDATE OF s, c SKIP LOCKED`;
    return row ? dueOf(row) : null;
  }

  /**
   * Sets its next time, or ends it, in the caller's transaction.
   * @param next null: there is none
   * @param outcome `passed`: nothing happened at this time
   */
  async moveOn(
    tx: Prisma.TransactionClient,
    { id }: DueSchedule,
    next: Date | null,
    outcome: 'fired' | 'passed',
  ): Promise<void> {
    const ended = outcome === 'fired' ? 'done' : 'cancelled';
    await tx.$executeRaw`
      UPDATE schedules SET
        next_at = coalesce(${next?.toISOString() ?? null}::timestamptz, next_at),
        state = ${next ? 'planned' : ended}::schedule_state,
        ended_at = CASE WHEN ${next === null} THEN clock_timestamp() END,
        last_fired_at = CASE WHEN ${outcome === 'fired'} THEN clock_timestamp() ELSE last_fired_at END
      WHERE id = ${id}::uuid`;
  }

  /**
   * Records times of a schedule, in the caller's transaction.
   * @returns those that were not recorded before: a time has one effect, whatever the schedule is changed to
   */
  async recordRuns(
    tx: Prisma.TransactionClient,
    { id }: DueSchedule,
    runs: readonly Pick<ScheduleRun, 'dueAt' | 'state' | 'code'>[],
  ): Promise<Date[]> {
    const rows = await tx.$queryRaw<{ dueAt: Date }[]>`
      INSERT INTO schedule_runs (schedule_id, due_at, state, code)
      SELECT ${id}::uuid, r.due_at, r.state::schedule_run_state, r.code
      FROM unnest(${runs.map(({ dueAt }) => dueAt.toISOString())}::timestamptz[], ${runs.map(({ state }) => state)}::text[],
                  ${runs.map(({ code }) => code)}::text[]) AS r (due_at, state, code)
      ORDER BY r.due_at
      ON CONFLICT (schedule_id, due_at) DO NOTHING
      RETURNING due_at AS "dueAt"`;
    return rows.map(({ dueAt }) => dueAt);
  }

  /** Forgets all but the newest `KEPT_RUNS` times. Behind the messages, in the order in which an erasure deletes. */
  async forgetOldRuns(tx: Prisma.TransactionClient, { id }: DueSchedule): Promise<void> {
    await tx.$executeRaw`
      DELETE FROM schedule_runs WHERE schedule_id = ${id}::uuid AND due_at < (
        SELECT due_at FROM schedule_runs WHERE schedule_id = ${id}::uuid
        ORDER BY due_at DESC OFFSET ${KEPT_RUNS - 1} LIMIT 1)`;
  }

  /** A recorded time turned out to have no effect. */
  async recordSkipped(
    tx: Prisma.TransactionClient,
    { id }: DueSchedule,
    dueAt: Date,
    code: string,
  ): Promise<void> {
    await tx.$executeRaw`
      UPDATE schedule_runs SET state = 'skipped', code = ${code}
      WHERE schedule_id = ${id}::uuid AND due_at = ${dueAt.toISOString()}::timestamptz`;
  }

  /**
   * Puts a task into the inbox, in the caller's transaction, unless a time of it is not done yet and it skips then.
   * @returns whether it did
   */
  async addEvent(
    tx: Prisma.TransactionClient,
    due: DueSchedule,
    dueAt: Date,
    event: ScheduledEvent,
  ): Promise<boolean> {
    const added = await tx.$executeRaw`
      INSERT INTO events (source, external_id, conversation_id, kind, payload)
      SELECT ${SCHEDULE_SOURCE}, ${externalIdOf(due.id, dueAt)}, ${due.conversationId}::uuid, 'message',
             ${writeScheduledEvent(event)}::json
      -- Found among what is not done in the conversation, so without the source: its index has all that there ever was.
      WHERE ${due.overlap === 'queue'} OR (
        SELECT true FROM events e
        WHERE e.conversation_id = ${due.conversationId}::uuid AND e.state = 'waiting' AND e.kind = 'message'
          AND starts_with(e.external_id, ${`${due.id}:`}) LIMIT 1) IS NULL
        AND (
        SELECT true FROM turns t JOIN events e ON e.turn_id = t.id
        WHERE t.conversation_id = ${due.conversationId}::uuid AND t.state IN ('waiting', 'running', 'parked')
          AND e.source = ${SCHEDULE_SOURCE} AND starts_with(e.external_id, ${`${due.id}:`}) LIMIT 1) IS NULL
      ON CONFLICT (source, external_id) DO NOTHING`;
    return added > 0;
  }
}

/**
 * The statement behind `DueSchedulesRepository.ids`, exported to inspect its plan. It uses the statement's time, which
 * an index can search for: it does not change while the statement runs.
 */
export function dueSchedulesStatement(limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT s.id FROM schedules s
    WHERE s.state = 'planned' AND s.next_at <= statement_timestamp()
      AND (SELECT c.status <> 'paused' AND c.erased_at IS NULL FROM conversations c WHERE c.id = s.conversation_id)
    ORDER BY s.next_at LIMIT ${limit}`;
}

function dueOf(row: Row): DueSchedule {
  const { chatId, threadId, via, chatType: type, title, username, ...rest } = row;
  const { userId, isChat, firstName, lastName, userName, languageCode, ...due } = rest;
  return {
    ...due,
    chat: { chatId, threadId, via, type, title, username },
    sender:
      userId === null ? null : { userId, isChat, firstName, lastName, username: userName, languageCode },
  };
}

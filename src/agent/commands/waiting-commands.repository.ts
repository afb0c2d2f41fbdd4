import { Injectable } from '@nestjs/common';
import { type Deferral, deferralOf, isDue, waitMsOf } from '../../platform/database/deferred.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { type Event, Prisma } from '../../generated/prisma/client.js';

/** Rows read in one statement for one that may overtake. */
const PAGE = 50;

/** A waiting event that needs no model. */
export interface WaitingCommand extends Pick<Event, 'id' | 'source' | 'externalId' | 'payload'> {
  /** It was tried before. */
  readonly hasFailed: boolean;
  /** Until its next try. */
  readonly waitMs: number;
}

/** The conversation's waiting events, besides messages. */
export interface WaitingCommands {
  readonly first: WaitingCommand | null;
  /** Events of the conversation, messages too, that have failed. */
  readonly failures: number;
  /** Until all of these are tried again. */
  readonly heldUpMs: number;
}

interface Row {
  readonly id: bigint | null;
  readonly source: string;
  readonly externalId: string;
  readonly payload: Prisma.JsonValue;
  readonly hasFailed: boolean;
  readonly waitMs: number;
  readonly failures: number;
  readonly heldUpMs: number;
}

const deferral: Deferral = deferralOf('f');

/**
 * The waiting events that need no model: commands, buttons, edits, reactions, membership changes and chat migrations.
 */
@Injectable()
export class WaitingCommandsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Usually none waits: queried without a transaction, because every turn asks. */
  async look(conversationId: string): Promise<WaitingCommands> {
    const [row] = await this.prisma.$queryRaw<Row[]>`
      SELECT first.*, failed.*
      FROM (SELECT count(*)::int AS failures, coalesce(max(${waitMsOf(deferral)}), 0)::float8 AS "heldUpMs"
            FROM event_failures f WHERE f.conversation_id = ${conversationId}::uuid) AS failed
      LEFT JOIN (
        SELECT e.id, e.source, e.external_id AS "externalId", e.payload, f.event_id IS NOT NULL AS "hasFailed", ${waitMsOf(deferral)} AS "waitMs"
        FROM events e LEFT JOIN event_failures f ON f.event_id = e.id
        WHERE e.conversation_id = ${conversationId}::uuid AND e.state = 'waiting' AND e.kind <> 'message'
        ORDER BY e.id LIMIT 1
      ) AS first ON true`;
    if (!row) return { first: null, failures: 0, heldUpMs: 0 };
    const { id, source, externalId, payload, hasFailed, waitMs, failures, heldUpMs } = row;
    const first = id === null ? null : { id, source, externalId, payload, hasFailed, waitMs };
    return { first, failures, heldUpMs };
  }

  /** The first event behind `after` that may be tried now and passes the test. */
  async findBehind(
    conversationId: string,
    after: bigint,
    passes: (command: WaitingCommand) => boolean,
  ): Promise<WaitingCommand | null> {
    for (let from = after; ;) {
      const page = await this.prisma.$queryRaw<WaitingCommand[]>`
        SELECT e.id, e.source, e.external_id AS "externalId", e.payload, f.event_id IS NOT NULL AS "hasFailed", 0::float8 AS "waitMs"
        FROM events e LEFT JOIN event_failures f ON f.event_id = e.id
        WHERE e.conversation_id = ${conversationId}::uuid AND e.state = 'waiting' AND e.kind <> 'message'
          AND e.id > ${from} AND ${isDue(deferral)}
        ORDER BY e.id LIMIT ${PAGE}`;
      const found = page.find(passes);
      const last = page.at(-1);
      if (found || !last) return found ?? null;
      from = last.id;
    }
  }
}

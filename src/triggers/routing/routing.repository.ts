import { Injectable } from '@nestjs/common';
import { TRIGGER_SOURCE } from '../../channel/event-source.js';
import { Prisma, type Source, type Trigger } from '../../generated/prisma/client.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { eventSourceOf, WEBHOOK_PREFIX } from '../sources/source.js';

/** A webhook that no trigger has seen. */
export interface WaitingWebhook {
  readonly id: bigint;
  readonly externalId: string;
  readonly payload: unknown;
}

/** A message that a trigger makes of a webhook. */
export interface NewMessage {
  readonly externalId: string;
  readonly conversationId: string;
  /** JSON text. */
  readonly payload: string;
}

export type NewOutcome = Omit<Prisma.TriggerOutcomeCreateManyInput, 'messageEventId'> & {
  /** The external id of the message that was made of it; null: none. */
  readonly message: string | null;
};

/** The rows between sources and conversations. */
@Injectable()
export class RoutingRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The names of sources with webhooks that no trigger has seen. */
  async waitingSources(): Promise<string[]> {
    const rows = await this.prisma.$queryRaw<{ name: string }[]>(waitingSourcesStatement());
    return rows.map(({ name }) => name);
  }

  /** The triggers of a source that are enabled, in the order of their creation. */
  async triggersOf(source: string): Promise<Trigger[]> {
    return await this.prisma.trigger.findMany({
      where: { source: { name: source }, enabled: true },
      orderBy: { id: 'asc' },
    });
  }

  async findTrigger(id: string): Promise<Trigger | null> {
    return await this.prisma.trigger.findUnique({ where: { id } });
  }

  /** Locks a source for the caller's transaction. @returns null if another one has it, or there is none */
  async lockSource(tx: Prisma.TransactionClient, name: string): Promise<Pick<Source, 'id'> | null> {
    const [row] = await tx.$queryRaw<Pick<Source, 'id'>[]>`
      SELECT id FROM sources WHERE name = ${name} FOR NO KEY UPDATE SKIP LOCKED`;
    return row ?? null;
  }

  /** Its next webhooks, in the order of arrival. */
  async waiting(source: string, limit: number): Promise<WaitingWebhook[]> {
    return await this.prisma.$queryRaw<WaitingWebhook[]>(waitingWebhooksStatement(source, limit));
  }

  /** The ids among these whose webhooks still wait. Nobody else changes them while their source is locked. */
  async stillWaiting(tx: Prisma.TransactionClient, ids: readonly bigint[]): Promise<ReadonlySet<bigint>> {
    const rows = await tx.event.findMany({
      where: { id: { in: [...ids] }, state: 'waiting' },
      select: { id: true },
    });
    return new Set(rows.map(({ id }) => id));
  }

  /**
   * Locks conversations against erasure until the transaction ends.
   * @returns those that exist
   */
  async hold(tx: Prisma.TransactionClient, ids: readonly string[]): Promise<ReadonlySet<string>> {
    if (ids.length === 0) return new Set();
    const rows = await tx.$queryRaw<{ id: string }[]>`
      SELECT id FROM conversations WHERE id = ANY (${[...ids]}::uuid[]) AND erased_at IS NULL
      ORDER BY id FOR KEY SHARE`;
    return new Set(rows.map(({ id }) => id));
  }

  /** Puts messages into the inbox, in the given order, and records what became of the webhooks, which are done. */
  async commit(
    tx: Prisma.TransactionClient,
    webhooks: readonly WaitingWebhook[],
    messages: readonly NewMessage[],
    outcomes: readonly NewOutcome[],
  ): Promise<void> {
    const ids = messages.length > 0 ? await this.addMessages(tx, messages) : new Map<string, bigint>();
    await tx.triggerOutcome.createMany({
      data: outcomes.map(({ message, ...outcome }) => ({
        ...outcome,
        messageEventId: message === null ? null : (ids.get(message) ?? null),
      })),
      skipDuplicates: true,
    });
    await tx.event.updateMany({
      where: { id: { in: webhooks.map(({ id }) => id) }, state: 'waiting' },
      data: { state: 'done' },
    });
  }

  /** Tells operators, once an hour, that a trigger fails for a source. */
  async tellFailing(
    tx: Prisma.TransactionClient,
    source: string,
    trigger: string,
    code: string,
  ): Promise<void> {
    await tx.$executeRaw`
      SELECT tell_operators('source.failing',
        json_build_object('source', ${source}::text, 'trigger', ${trigger}::text, 'code', ${code}::text),
        'source:' || ${source} || ':' || date_trunc('hour', now()))`;
  }

  /** Puts messages into the inbox, in the given order. @returns their ids, by external id */
  async addMessages(
    tx: Prisma.TransactionClient,
    messages: readonly NewMessage[],
  ): Promise<ReadonlyMap<string, bigint>> {
    const arriving = JSON.stringify(
      messages.map(({ externalId, conversationId, payload }) => ({
        external_id: externalId,
        conversation_id: conversationId,
        payload,
      })),
    );
    const rows = await tx.$queryRaw<{ id: bigint; externalId: string }[]>`
      INSERT INTO events (source, external_id, conversation_id, kind, payload)
      SELECT ${TRIGGER_SOURCE}, a.external_id, a.conversation_id, 'message', a.payload::json
      FROM ROWS FROM (
        json_to_recordset(${arriving}::json) AS (external_id text, conversation_id uuid, payload text)
      ) WITH ORDINALITY AS a (external_id, conversation_id, payload, position)
      ORDER BY a.position
      ON CONFLICT (source, external_id) DO NOTHING
      RETURNING id, external_id AS "externalId"`;
    return new Map(rows.map(({ id, externalId }) => [externalId, id]));
  }
}

/**
 * Both statements search a range of pairs and order by it, which is what the index `events_to_route` is and no other
 * one. With `source = …` the planner may read all webhooks that there ever were: it takes waiting ones for frequent.
 */
const waitsIn = (source: Prisma.Sql): Prisma.Sql => Prisma.sql`
  e.kind = 'webhook' AND e.state = 'waiting'
  AND (e.source, e.id) >= (${source}, 0::bigint) AND (e.source, e.id) <= (${source}, 9223372036854775807)`;

/** The statement behind `RoutingRepository.waitingSources`, exported to inspect its plan. */
export function waitingSourcesStatement(): Prisma.Sql {
  return Prisma.sql`
    SELECT s.name FROM sources s
    WHERE (SELECT true FROM events e WHERE ${waitsIn(Prisma.sql`${WEBHOOK_PREFIX} || s.name`)}
           ORDER BY e.source, e.id LIMIT 1)`;
}

/** The statement behind `RoutingRepository.waiting`, exported to inspect its plan. */
export function waitingWebhooksStatement(source: string, limit: number): Prisma.Sql {
  return Prisma.sql`
    SELECT e.id, e.external_id AS "externalId", e.payload FROM events e
    WHERE ${waitsIn(Prisma.sql`${eventSourceOf(source)}`)}
    ORDER BY e.source, e.id LIMIT ${limit}`;
}

import { Injectable } from '@nestjs/common';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';

/** Rows read a lane; the rest of a longer line is not counted. */
export const LOOKED_AT = 10_000;

/** The waiting work of a lane: messages, commands or replies; or webhooks that no trigger has seen. */
export interface WaitingWork {
  readonly lane: 'turns' | 'commands' | 'deliveries' | 'webhooks';
  readonly depth: number;
  /** The age of the oldest; 0 if none waits. */
  readonly oldestSeconds: number;
}

/**
 * Counts waiting work in the indexes of unfinished rows, at most `LOOKED_AT` a lane. It leaves out messages of a paused
 * conversation and rows of one that is being erased: no worker will handle them, and an alarm about them would never
 * end.
 */
@Injectable()
export class WaitingWorkRepository {
  constructor(private readonly prisma: PrismaService) {}

  async read(): Promise<WaitingWork[]> {
    return await this.prisma.$queryRaw<WaitingWork[]>(waitingWorkStatement());
  }
}

/** The statement behind `WaitingWorkRepository.read`, exported to inspect its plan. */
export function waitingWorkStatement(): Prisma.Sql {
  const events = (kind: Prisma.Sql, decided: Prisma.Sql) => Prisma.sql`
    SELECT received_at AS since FROM events e WHERE state = 'waiting' AND ${kind}
      AND (SELECT ${decided} FROM conversations c WHERE c.id = e.conversation_id) IS NOT TRUE
    ORDER BY conversation_id, id LIMIT ${LOOKED_AT}`;
  const erased = Prisma.sql`c.erased_at IS NOT NULL`;
  const replies = Prisma.sql`
    SELECT created_at AS since FROM replies r WHERE settled_at IS NULL
      AND (SELECT ${erased} FROM conversations c WHERE c.id = r.conversation_id) IS NOT TRUE
    ORDER BY conversation_id, id LIMIT ${LOOKED_AT}`;
  const webhooks = Prisma.sql`
    SELECT received_at AS since FROM events WHERE state = 'waiting' AND kind = 'webhook'
    ORDER BY source, id LIMIT ${LOOKED_AT}`;
  const of = (lane: WaitingWork['lane'], rows: Prisma.Sql) => Prisma.sql`
    SELECT ${lane} AS lane, count(*)::int AS depth,
           coalesce(extract(epoch FROM clock_timestamp() - min(since)), 0)::float8 AS "oldestSeconds"
    FROM (${rows}) AS waiting`;
  return Prisma.sql`
    ${of('turns', events(Prisma.sql`kind = 'message'`, Prisma.sql`(c.status = 'paused' OR ${erased})`))} UNION ALL
    ${of('commands', events(Prisma.sql`kind IN ('command', 'edit')`, erased))} UNION ALL
    ${of('deliveries', replies)} UNION ALL
    ${of('webhooks', webhooks)}`;
}

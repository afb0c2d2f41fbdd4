import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { Prisma } from '../generated/prisma/client.js';

/** Of what waits in a lane; of a longer line the rest is not looked at. */
export const LOOKED_AT = 10_000;

/** What waits in a lane: messages, commands or replies. */
export interface WaitingWork {
  readonly lane: 'turns' | 'commands' | 'deliveries';
  readonly depth: number;
  /** Since when the oldest of them waits; 0 where none does. */
  readonly oldestSeconds: number;
}

/**
 * Counts what waits, in the indexes of what is unfinished; no more than `LOOKED_AT` a lane. What waits because somebody
 * decided so, the messages of a paused conversation, or goes away with one that is being erased, is not in it: nobody
 * works on it, however long it takes, and an alarm about it would never end.
 */
@Injectable()
export class WaitingWorkRepository {
  constructor(private readonly prisma: PrismaService) {}

  async read(): Promise<WaitingWork[]> {
    return await this.prisma.$queryRaw<WaitingWork[]>(waitingWorkStatement());
  }
}

/** The statement behind `WaitingWorkRepository.read`, for whoever wants to see its plan. */
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
  const of = (lane: WaitingWork['lane'], rows: Prisma.Sql) => Prisma.sql`
    SELECT ${lane} AS lane, count(*)::int AS depth,
           coalesce(extract(epoch FROM clock_timestamp() - min(since)), 0)::float8 AS "oldestSeconds"
    FROM (${rows}) AS waiting`;
  return Prisma.sql`
    ${of('turns', events(Prisma.sql`kind = 'message'`, Prisma.sql`(c.status = 'paused' OR ${erased})`))} UNION ALL
    ${of('commands', events(Prisma.sql`kind <> 'message'`, erased))} UNION ALL
    ${of('deliveries', replies)}`;
}

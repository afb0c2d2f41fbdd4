import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Ids } from '../../platform/runtime/ids.js';
import { WEBHOOK_PREFIX } from '../../triggers/sources/source.js';

/** A webhook that waits once more. */
export interface ReplayedWebhook {
  readonly id: bigint;
  /** The name of its source. */
  readonly source: string;
}

/** Lets a webhook wait for the triggers of its source once more. */
@Injectable()
export class EventReplayRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly ids: Ids,
  ) {}

  /**
   * Stores it again under an id of its own: the first one keeps its outcomes. Like a new webhook, it comes before the
   * deletion of its source, which drops it, or finds none.
   * @returns null if it is no webhook, its payload is gone, or its source is
   */
  async replay(id: bigint): Promise<ReplayedWebhook | null> {
    const replay = `replay:${this.ids.next()}:`;
    const [row] = await this.prisma.$queryRaw<ReplayedWebhook[]>`
      INSERT INTO events (source, external_id, kind, payload)
      SELECT e.source, ${replay} || regexp_replace(e.external_id, '^replay:[^:]*:', ''), e.kind, e.payload
      FROM events e JOIN sources s ON e.source = ${WEBHOOK_PREFIX} || s.name
      WHERE e.id = ${id} AND e.kind = 'webhook' AND e.payload IS NOT NULL
      FOR KEY SHARE OF s
      RETURNING id, substr(source, ${WEBHOOK_PREFIX.length + 1}::int) AS source`;
    return row ?? null;
  }
}

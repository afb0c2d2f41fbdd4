import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../database/prisma.service.js';
import type { BusyMode } from '../../generated/prisma/client.js';
import { SCHEDULE_SOURCE } from '../../schedules/scheduled-event.js';

/** What has happened to a conversation whose turn runs. */
export interface Sight {
  readonly conversationId: string;
  /** The token of the lease of its lane "turns"; a larger one than the runner's: it was taken away. */
  readonly token: bigint;
  /** Null: as AGENT_BUSY_MODE says. */
  readonly busyMode: BusyMode | null;
  /** Messages have arrived since the turn began. */
  readonly hasNews: boolean;
}

/** Looks at all conversations whose turns run in this process with one statement. */
@Injectable()
export class TurnWatchRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** One row for each conversation that still exists and was leased at some time. */
  async look(conversationIds: readonly string[]): Promise<Sight[]> {
    return await this.prisma.$queryRaw<Sight[]>`
      SELECT l.conversation_id AS "conversationId", l.token, c.busy_mode AS "busyMode",
             EXISTS (
               SELECT 1 FROM turns t JOIN events e ON e.conversation_id = t.conversation_id
               -- A turn that waits for its next try is not under way, and what comes then interrupts nothing.
               WHERE t.conversation_id = l.conversation_id AND t.state = 'running'
                 -- The next turn would answer neither its messages nor those that an edit of an older one interrupted.
                 AND t.corrects_id IS NULL AND NOT e.late_edit
                 AND e.state = 'waiting' AND e.kind = 'message' AND e.received_at > t.available_at
                 -- What was planned interrupts nobody.
                 AND e.source <> ${SCHEDULE_SOURCE}
             ) AS "hasNews"
      FROM leases l JOIN conversations c ON c.id = l.conversation_id
      WHERE l.lane = 'turns' AND l.conversation_id = ANY(${[...conversationIds]}::uuid[])`;
  }
}

import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../database/prisma.service.js';
import type { BusyMode, Conversation, Prisma, Turn } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { SCHEDULE_SOURCE } from '../../schedules/scheduled-event.js';
import { TurnEndings } from '../turn/turn-endings.repository.js';
import { type Candidate, TurnRepository } from '../turn/turn.repository.js';

/** A turn that may be interrupted, as it is now. */
export interface Interruptible {
  /** Of its conversation; null: as AGENT_BUSY_MODE says. */
  readonly busyMode: BusyMode | null;
  /** Whether the channel has its draft is not known yet. */
  readonly isShowing: boolean;
}

/** What trying to interrupt a turn came to. */
export type Interruption =
  /** @param replied there are replies to send: what the turn had shown */
  | { readonly kind: 'interrupted'; readonly replied: boolean }
  /** Nothing is changed: the turn's first message is under way by now, and is to be waited for. */
  | { readonly kind: 'showing' }
  /** Nothing is changed: the turn has ended, or none of the candidates that a person wrote waits any more. */
  | { readonly kind: 'none' };

/** Interrupts turns: ends one, and begins another one that goes on in its place, in one transaction. */
@Injectable()
export class InterruptionRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly conversations: ConversationRepository,
    private readonly turns: TurnRepository,
    private readonly endings: TurnEndings,
  ) {}

  /** @returns null where nothing may interrupt the turn */
  async find(turn: Turn, db: Prisma.TransactionClient | null = null): Promise<Interruptible | null> {
    const [row] = await (db ?? this.prisma).$queryRaw<Interruptible[]>`
      SELECT c.busy_mode AS "busyMode",
             EXISTS (SELECT FROM drafts d WHERE d.turn_id = t.id AND d.state = 'sending') AS "isShowing"
      FROM turns t JOIN conversations c ON c.id = t.conversation_id
      WHERE t.id = ${turn.id}::uuid AND t.state = 'running' AND t.corrects_id IS NULL
        -- The next turn would not be let at what waits.
        AND c.status = 'active' AND c.unreachable_at IS NULL
        -- Others have spoken since, as behind a turn that was replayed or waited for a person: it has its place before them.
        AND NOT EXISTS (
          SELECT FROM messages m
          WHERE m.conversation_id = t.conversation_id AND m.epoch = t.epoch AND m.turn_id <> t.id
            AND m.id > (SELECT min(own.id) FROM messages own WHERE own.turn_id = t.id AND own.role = 'user')
        )`;
    return row ?? null;
  }

  /**
   * Interrupts the turn. Its runner loses the lease with that commit: it can add nothing, and the turn that goes on waits
   * for the lane.
   * @param waitsForDraft false: also while its first message is under way
   * @throws LeaseLostError
   */
  async interrupt(
    lease: Lease,
    conversation: Conversation,
    turn: Turn,
    candidates: readonly Candidate[],
    waitsForDraft: boolean,
  ): Promise<Interruption> {
    return await this.prisma.$transaction(async (tx): Promise<Interruption> => {
      await this.leases.assertHeld(tx, lease);
      const may = await this.find(turn, tx);
      if (may === null) return { kind: 'none' };
      // Asked again: the message may have set out since. With the lease's row in hand none does any more.
      if (waitsForDraft && may.isShowing) return { kind: 'showing' };
      if (await this.conversations.isBlocked(tx, conversation.id)) return { kind: 'none' };
      const owned = await this.waiting(tx, await this.turns.ofEpoch(tx, turn, candidates));
      if (!owned.some(({ event }) => event.source !== SCHEDULE_SOURCE)) return { kind: 'none' };
      let replied = false;
      await this.turns.beginInPlaceOf(tx, conversation, turn, owned, async () => {
        replied = await this.endings.interrupt(tx, turn);
      });
      await this.leases.revoke(tx, lease.conversationId, 'turns');
      return { kind: 'interrupted', replied };
    });
  }

  /** Those that nobody has taken since they were read, locked. */
  private async waiting(
    tx: Prisma.TransactionClient,
    candidates: readonly Candidate[],
  ): Promise<readonly Candidate[]> {
    const ids = candidates.map(({ event }) => event.id);
    const rows = await tx.$queryRaw<{ id: bigint }[]>`
      SELECT id FROM events WHERE id = ANY(${ids}::bigint[]) AND state = 'waiting' ORDER BY id FOR UPDATE`;
    const waiting = new Set(rows.map(({ id }) => id));
    return candidates.filter(({ event }) => waiting.has(event.id));
  }
}

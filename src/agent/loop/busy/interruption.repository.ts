import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../../platform/database/prisma.service.js';
import type { BusyMode, Conversation, Prisma, Turn } from '../../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../../queue/lease/lease.repository.js';
import { ConversationRepository } from '../../../memory/conversation.repository.js';
import { isByPerson } from '../../../channel/event-source.js';
import { TurnCompletionRepository } from '../../turns/turn-completion.repository.js';
import type { Candidate } from '../../turns/lane-state.repository.js';
import { TurnClaimRepository } from '../../turns/turn-claim.repository.js';

/** The present state of a turn that may be interrupted. */
export interface Interruptible {
  /** The conversation's mode; null: as AGENT_BUSY_MODE says. */
  readonly busyMode: BusyMode | null;
  /** True while it is not known yet whether the channel has its draft. */
  readonly isShowing: boolean;
}

/** The result of an attempt to interrupt a turn. */
export type Interruption =
  /** @param replied there are replies to send: the shown part of the answer */
  | { readonly kind: 'interrupted'; readonly replied: boolean }
  /** Nothing changed: the turn's first message is being sent, and its outcome comes first. */
  | { readonly kind: 'showing' }
  /** Nothing changed: the turn has ended, or no candidate that a person wrote waits any more. */
  | { readonly kind: 'none' };

/** Interrupts turns: ends one and begins its successor in one transaction. */
@Injectable()
export class InterruptionRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly conversations: ConversationRepository,
    private readonly claims: TurnClaimRepository,
    private readonly completion: TurnCompletionRepository,
  ) {}

  /** @returns null if nothing may interrupt the turn */
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
   * Interrupts the turn. Its runner loses the lease with that commit and can add nothing; the successor waits for the
   * lane.
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
      // Checked again: the message may have been sent since. While the lease's row is locked, none is.
      if (waitsForDraft && may.isShowing) return { kind: 'showing' };
      if (await this.conversations.isBlocked(tx, conversation.id)) return { kind: 'none' };
      const owned = await this.waiting(tx, await this.claims.ofEpoch(tx, turn, candidates));
      if (!owned.some(({ event }) => isByPerson(event))) return { kind: 'none' };
      let replied = false;
      await this.claims.beginInPlaceOf(tx, conversation, turn, owned, async () => {
        replied = await this.completion.interrupt(tx, turn);
      });
      await this.leases.revoke(tx, lease.conversationId, 'turns');
      return { kind: 'interrupted', replied };
    });
  }

  /** The candidates that still wait, locked. */
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

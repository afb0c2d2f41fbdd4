import { Injectable, Logger } from '@nestjs/common';
import { BusySettings } from '../../config/busy.settings.js';
import { LeaseLostError, messageOf, RetryLaterError } from '../../errors/errors.js';
import type { Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { EventClaim, updateIdsOf } from '../turn/event-claim.js';
import type { News } from '../turn/turn-watch.repository.js';
import { type Interruption, InterruptionRepository } from './interruption.repository.js';

/** What news came to; `none`: the turn goes on, and this news need not be asked about again. */
export type NewsOutcome =
  | Exclude<Interruption, { kind: 'showing' }>
  /** The turn goes on, and the same news may interrupt it later. */
  | { readonly kind: 'later'; readonly delayMs: number };

/** Says whether this news interrupts a turn; if so, it is interrupted by then. */
export type Interrupt = (news: News) => Promise<NewsOutcome>;

const none: NewsOutcome = { kind: 'none' };

/** A message that is being sent arrives. */
const SOON_MS = 250;
const soon: NewsOutcome = { kind: 'later', delayMs: SOON_MS };
/**
 * A first message that is under way is waited for so often: 16 s, longer than a channel waits for a send. Where its outcome
 * stays unknown, it is left alone.
 */
const MAX_WAITS_FOR_DRAFT = 64;
/** While the chat's limit cannot be asked. */
const UNKNOWN_LIMIT_MS = 1_000;

/**
 * The mode `interrupt`: newer messages end the turn that runs, and one new turn answers both. Only messages that the
 * next turn would own now do so; a turn is not disturbed before that is decided.
 */
@Injectable()
export class Interruptions {
  private readonly logger = new Logger(Interruptions.name);

  constructor(
    private readonly conversations: ConversationRepository,
    private readonly claim: EventClaim,
    private readonly store: InterruptionRepository,
    private readonly settings: BusySettings,
  ) {}

  /** For one run of a turn. @throws the returned function: what the database throws */
  of(lease: Lease, turn: Turn): Interrupt {
    let waitsForDraft = 0;
    return async (news) => {
      const may = await this.store.find(turn);
      if (may === null || (may.busyMode ?? this.settings.mode) !== 'interrupt') return none;
      // A first message whose id is not known could not be ended: it would say for ever that there is more to come.
      const waits = waitsForDraft < MAX_WAITS_FOR_DRAFT;
      try {
        const outcome: NewsOutcome | Interruption =
          may.isShowing && waits ? { kind: 'showing' } : await this.decide(lease, turn, news, waits);
        if (outcome.kind !== 'showing') return outcome;
        waitsForDraft += 1;
        return soon;
      } catch (error) {
        if (error instanceof LeaseLostError) return none;
        if (!(error instanceof RetryLaterError)) throw error;
        this.logger.warn({ msg: 'news not let in yet', turnId: turn.id, error: messageOf(error) });
        return { kind: 'later', delayMs: error.retryAfterMs ?? UNKNOWN_LIMIT_MS };
      }
    };
  }

  private async decide(
    lease: Lease,
    turn: Turn,
    { from }: News,
    waitsForDraft: boolean,
  ): Promise<NewsOutcome | Interruption> {
    // As it is now: a /reset may have begun another epoch since the turn did.
    const conversation = await this.conversations.find(turn.conversationId);
    if (conversation === null) return none;
    const ready = await this.claim.interrupting(lease, conversation, turn, from);
    if (ready.kind === 'later') return { kind: 'later', delayMs: ready.delayMs };
    if (ready.kind === 'nothing') return none;
    const outcome = await this.store.interrupt(lease, conversation, turn, ready.candidates, waitsForDraft);
    if (outcome.kind === 'interrupted')
      this.logger.log({
        msg: 'turn gives way to newer messages',
        conversationId: conversation.id,
        turnId: turn.id,
        updateIds: updateIdsOf(ready.candidates),
      });
    return outcome;
  }
}

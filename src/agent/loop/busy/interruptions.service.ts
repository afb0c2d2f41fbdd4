import { Injectable, Logger } from '@nestjs/common';
import { BusySettings } from '../../turns/busy.settings.js';
import { LeaseLostError, messageOf, RetryLaterError } from '../../../platform/errors/errors.js';
import type { TurnRun } from '../../turns/turn-run.js';
import { ConversationRepository } from '../../../memory/conversation.repository.js';
import { EventClaim, updateIdsOf } from '../../turns/event-claim.js';
import type { News } from './turn-watch.repository.js';
import { type Interruption, InterruptionRepository } from './interruption.repository.js';

/** The decision about news; `none`: the turn goes on, and this news is not asked about again. */
export type NewsOutcome =
  | Exclude<Interruption, { kind: 'showing' }>
  /** The turn goes on; the same news may interrupt it later. */
  | { readonly kind: 'later'; readonly delayMs: number };

/** Decides whether this news interrupts a turn; if so, the turn is interrupted on return. */
export type Interrupt = (news: News) => Promise<NewsOutcome>;

const none: NewsOutcome = { kind: 'none' };

/** The time in which a message that is being sent arrives. */
const SOON_MS = 250;
const soon: NewsOutcome = { kind: 'later', delayMs: SOON_MS };
/**
 * Checks of a first message that is being sent: 16 s, longer than a channel waits for a send. While its outcome stays
 * unknown, the turn is left alone.
 */
const MAX_WAITS_FOR_DRAFT = 64;
/** The pause while the chat's limit cannot be read. */
const UNKNOWN_LIMIT_MS = 1_000;

/**
 * The mode `interrupt`: newer messages end the running turn, and one new turn answers both. Only messages that the next
 * turn would own now do so; the turn runs on until that is decided.
 */
@Injectable()
export class InterruptionsService {
  private readonly logger = new Logger(InterruptionsService.name);

  constructor(
    private readonly conversations: ConversationRepository,
    private readonly claim: EventClaim,
    private readonly store: InterruptionRepository,
    private readonly settings: BusySettings,
  ) {}

  /** Creates the decision for one run of a turn. @throws the returned function: what the database throws */
  createInterrupt(run: TurnRun): Interrupt {
    const { turn } = run;
    let waitsForDraft = 0;
    return async (news) => {
      const may = await this.store.find(turn);
      if (may === null || (may.busyMode ?? this.settings.mode) !== 'interrupt') return none;
      // A first message without a known id could never be completed: it would promise more for ever.
      const waits = waitsForDraft < MAX_WAITS_FOR_DRAFT;
      try {
        const outcome: NewsOutcome | Interruption =
          may.isShowing && waits ? { kind: 'showing' } : await this.decide(run, news, waits);
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
    run: TurnRun,
    { from }: News,
    waitsForDraft: boolean,
  ): Promise<NewsOutcome | Interruption> {
    const { lease, turn } = run;
    // The present state: a /reset may have begun another epoch since the turn began.
    const conversation = await this.conversations.find(turn.conversationId);
    if (conversation === null) return none;
    const ready = await this.claim.interrupting(run, conversation, from);
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

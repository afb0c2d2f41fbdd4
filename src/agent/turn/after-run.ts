import { Injectable, Logger } from '@nestjs/common';
import { ErrorTexts } from '../../errors/error-text.js';
import { LeaseLostError, type TurnpikeError } from '../../errors/errors.js';
import { isUnreachable } from '../../errors/unreachable.js';
import { BoundedMap } from '../../runtime/bounded-map.js';
import { Random } from '../../runtime/random.js';
import { textsFor } from '../../texts/texts-for.js';
import type { WaitingCall } from '../approvals/approval-gate.js';
import { Approvals } from '../approvals/approvals.service.js';
import { MAX_OUTAGES, outagePauseMs } from '../tries/event-failure.js';
import { EventClaim } from './event-claim.js';
import type { RunEnd } from './run-signals.js';
import { TurnEndings } from './turn-endings.repository.js';
import { afterFailure, TurnOutagesError } from './turn-failure.js';
import { TurnMetrics } from './turn-metrics.js';
import type { TurnOutcome } from './turn-outcome.js';
import type { Run } from './turn-work.js';
import { TurnRepository } from './turn.repository.js';

/** Far more than run in a process at once. */
const UNRECORDED = 10_000;

/** What becomes of a turn whose run ended without an answer. */
@Injectable()
export class AfterRun {
  private readonly logger = new Logger(AfterRun.name);
  /** Turns that could not be laid down, and why. */
  private readonly unrecorded = new BoundedMap<string, unknown>(UNRECORDED);

  constructor(
    private readonly turns: TurnRepository,
    private readonly endings: TurnEndings,
    private readonly claim: EventClaim,
    private readonly approvals: Approvals,
    private readonly random: Random,
    private readonly metrics: TurnMetrics,
    private readonly words: ErrorTexts,
  ) {}

  /** @throws LeaseLostError; what the database threw: the job fails then, and the turn is taken over as it stands */
  async settle(run: Run, end: RunEnd, spentMs: number): Promise<TurnOutcome> {
    try {
      return await this.record(run, end, spentMs);
    } catch (error) {
      if (!isUnreachable(error)) throw error;
      const outages = run.turn.outages + 1;
      const ended = outages < MAX_OUTAGES ? null : await this.endTroubled(run, error, spentMs);
      if (ended) return ended;
      await this.layDown(run, outagePauseMs(outages, this.random.next()));
      throw error;
    }
  }

  /**
   * Did this process's last run of the turn end by the database's trouble, which it could not record either? Then nobody
   * died in it, though the turn is found as a dead process leaves one.
   */
  endedInOrder(turnId: string): boolean {
    return this.unrecorded.has(turnId);
  }

  /** A takeover is recorded that knew of it. */
  recorded(turnId: string): void {
    this.unrecorded.delete(turnId);
  }

  private async record(run: Run, end: RunEnd, spentMs: number): Promise<TurnOutcome> {
    const { turn } = run;
    const about = { conversationId: turn.conversationId, turnId: turn.id };
    switch (end.kind) {
      case 'lost':
        this.metrics.ended('lost');
        throw new LeaseLostError(`turn ${turn.id}`);
      case 'interrupted':
        this.logger.log({ msg: 'turn interrupted', ...about });
        this.metrics.ended('interrupted');
        return { lane: { next: 'now' }, replied: end.replied };
      case 'parked':
        return await this.park(run, end.calls);
      case 'stopping':
        await this.layDown(run);
        this.metrics.ended('handed_back');
        this.logger.log({ msg: 'turn handed back', ...about });
        return { lane: { next: 'now' }, replied: false };
      case 'failed':
        return await this.fail(run, end.error, spentMs);
      case 'broken':
        this.metrics.ended('broken');
        throw end.error;
    }
  }

  private async park(
    { lease, conversation, turn }: Run,
    calls: readonly WaitingCall[],
  ): Promise<TurnOutcome> {
    const sender = await this.claim.senderOf(turn);
    const askedBy = await this.claim.onlySenderOf(turn);
    const asked = calls.map(({ call: { name: tool, arguments: given }, stepIndex, why }) => {
      return { stepIndex, tool, arguments: given, askedBy, why };
    });
    await this.approvals.ask(lease, conversation, turn, asked, sender?.languageCode ?? null);
    this.metrics.ended('parked');
    this.logger.log({ msg: 'turn parked', conversationId: conversation.id, turnId: turn.id });
    return { lane: await this.turns.whatNext(conversation.id), replied: true };
  }

  private async fail({ lease, turn }: Run, error: TurnpikeError, spentMs: number): Promise<TurnOutcome> {
    const { conversationId } = turn;
    const texts = textsFor((await this.claim.senderOf(turn))?.languageCode);
    const decision = afterFailure(error, turn, this.random.next(), texts, this.words);
    const { failure } = decision;
    const about = { conversationId, turnId: turn.id, code: failure.code, error: failure.error };
    if (decision.kind === 'again') {
      const { delayMs } = decision;
      this.logger.warn({ msg: 'turn put off', ...about, delayMs });
      await this.turns.postpone(lease, turn, failure, delayMs, spentMs);
      this.metrics.ended('put_off');
      return { lane: { next: 'later', delayMs }, replied: false };
    }
    this.logger.error({ msg: 'turn failed for good', ...about });
    const replied = await this.endings.fail(lease, turn, failure);
    this.metrics.ended(replied ? 'failed' : 'cancelled');
    return { lane: await this.turns.whatNext(conversationId), replied };
  }

  /** @returns null where the database does not even take that the turn has ended */
  private async endTroubled(run: Run, error: unknown, spentMs: number): Promise<TurnOutcome | null> {
    try {
      return await this.fail(run, new TurnOutagesError(this.words.storable(error)), spentMs);
    } catch (again) {
      if (isUnreachable(again)) return null;
      throw again;
    }
  }

  /** Nobody died in the turn: however often a process ends in order, or a disk is full, that makes it no suspect. */
  private async layDown({ lease, turn }: Run, outageMs: number | null = null): Promise<void> {
    try {
      await this.turns.layDown(lease, turn, outageMs);
    } catch (error) {
      // Of a lost lease too: who took over has counted it.
      this.unrecorded.set(turn.id, error);
    }
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { ErrorTexts } from '../../platform/errors/error-text.js';
import { LeaseLostError, type TurnpikeError } from '../../platform/errors/errors.js';
import { isUnreachable } from '../../platform/errors/unreachable.js';
import { type Count, Metrics } from '../../platform/observability/metrics.js';
import { BoundedMap } from '../../platform/runtime/bounded-map.js';
import { Random } from '../../platform/runtime/random.js';
import type { WaitingCall } from './policy/approval-gate.js';
import { ApprovalsService } from '../approvals/approvals.service.js';
import { MAX_OUTAGES, outagePauseMs } from '../turns/tries/event-failure.js';
import { CallOrigins } from './call-origins.js';
import type { RunEnd } from './run-signals.js';
import { TurnCompletionRepository } from '../turns/turn-completion.repository.js';
import { decideAfterFailure, TurnOutagesError } from './turn-failure.js';
import type { Turn } from '../../generated/prisma/client.js';
import type { TurnOutcome } from '../turns/turn-outcome.js';
import type { TurnRun } from '../turns/turn-run.js';
import { LaneStateRepository } from '../turns/lane-state.repository.js';
import { TurnRepository } from '../turns/turn.repository.js';

/** The limit of kept entries: far more than the turns of a process at once. */
const UNRECORDED = 10_000;

const outcomes = [
  'done',
  'cancelled',
  'interrupted',
  'parked',
  'handed_back',
  'put_off',
  'failed',
  'lost',
  'broken',
] as const;

/** Settles a turn after its run. */
@Injectable()
export class TurnSettlement {
  private readonly logger = new Logger(TurnSettlement.name);
  /** Turns whose end could not be recorded, and why. */
  private readonly unrecorded = new BoundedMap<string, unknown>(UNRECORDED);
  private readonly countEnd: Count<(typeof outcomes)[number]>;

  constructor(
    private readonly turns: TurnRepository,
    private readonly laneStates: LaneStateRepository,
    private readonly completion: TurnCompletionRepository,
    private readonly origins: CallOrigins,
    private readonly approvals: ApprovalsService,
    private readonly random: Random,
    private readonly words: ErrorTexts,
    metrics: Metrics,
  ) {
    const help =
      'Runs of turns, by how they ended; lost: stopped by somebody, or taken over; broken: the database did not answer';
    this.countEnd = metrics.counter('turns_total', help, 'outcome', outcomes);
  }

  /** Counts and logs a run that has committed the end of its turn. */
  noteAnswered({ turn }: TurnRun, { replied }: TurnOutcome, ms: number): void {
    const { id: turnId, conversationId } = turn;
    const ended = replied ? 'done' : 'cancelled';
    this.countEnd(ended);
    this.logger.log({ msg: `turn ${ended}`, conversationId, turnId, ms });
  }

  /** @throws LeaseLostError; what the database threw: the job fails then, and the turn is taken over as it stands */
  async settleRun(run: TurnRun, end: RunEnd, spentMs: number): Promise<TurnOutcome> {
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
   * True if this process's last run of the turn ended by the database's failure, which it could not record either. Then
   * no process died, although the turn looks so.
   */
  endedInOrder(turnId: string): boolean {
    return this.unrecorded.has(turnId);
  }

  /** Forgets that end: a takeover that knew of it is recorded. */
  recorded(turnId: string): void {
    this.unrecorded.delete(turnId);
  }

  private async record(run: TurnRun, end: RunEnd, spentMs: number): Promise<TurnOutcome> {
    const { turn } = run;
    const about = { conversationId: turn.conversationId, turnId: turn.id };
    switch (end.kind) {
      case 'lost':
        this.countEnd('lost');
        throw new LeaseLostError(`turn ${turn.id}`);
      case 'interrupted':
        this.logger.log({ msg: 'turn interrupted', ...about });
        this.countEnd('interrupted');
        return { lane: { next: 'now' }, replied: end.replied };
      case 'parked':
        return await this.park(run, end.calls);
      case 'stopping':
        await this.handBack(run);
        this.countEnd('handed_back');
        this.logger.log({ msg: 'turn handed back', ...about });
        return { lane: { next: 'now' }, replied: false };
      case 'failed':
        return await this.fail(run, end.error, spentMs);
      case 'broken':
        this.countEnd('broken');
        throw end.error;
    }
  }

  private async park(run: TurnRun, calls: readonly WaitingCall[]): Promise<TurnOutcome> {
    const { lease, conversation, turn, sender } = run;
    const influence = calls.some(({ why }) => why !== 'rule') ? 'outside' : 'people';
    const askedBy = await this.origins.findOnlyPerson(run, influence);
    const asked = calls.map(({ call: { name: tool, arguments: given }, stepIndex, why }) => {
      return { stepIndex, tool, arguments: given, askedBy, why };
    });
    await this.approvals.ask(lease, conversation, turn, asked, sender?.languageCode ?? null);
    this.countEnd('parked');
    this.logger.log({ msg: 'turn parked', conversationId: conversation.id, turnId: turn.id });
    return { lane: await this.laneStates.whatNext(conversation.id), replied: true };
  }

  private async fail(run: TurnRun, error: TurnpikeError, spentMs: number): Promise<TurnOutcome> {
    const { lease, turn } = run;
    const { conversationId } = turn;
    const decision = decideAfterFailure(error, turn, this.random.next(), run.i18n, this.words);
    const { failure } = decision;
    const about = { conversationId, turnId: turn.id, code: failure.code, error: failure.error };
    if (decision.kind === 'again') {
      const { delayMs } = decision;
      this.logger.warn({ msg: 'turn put off', ...about, delayMs });
      await this.turns.postpone(lease, turn, failure, delayMs, spentMs);
      this.countEnd('put_off');
      return { lane: { next: 'later', delayMs }, replied: false };
    }
    this.logger.error({ msg: 'turn failed for good', ...about });
    const replied = await this.completion.fail(lease, turn, failure);
    this.countEnd(replied ? 'failed' : 'cancelled');
    return { lane: await this.laneStates.whatNext(conversationId), replied };
  }

  /** @returns null if the database cannot even record the turn's end */
  private async endTroubled(run: TurnRun, error: unknown, spentMs: number): Promise<TurnOutcome | null> {
    try {
      return await this.fail(run, new TurnOutagesError(this.words.storable(error)), spentMs);
    } catch (again) {
      if (isUnreachable(again)) return null;
      throw again;
    }
  }

  private async handBack({ lease, turn }: TurnRun): Promise<void> {
    await this.unlessRecorded(turn, this.turns.handBack(lease, turn));
  }

  /** Leaves the turn without counting a death: a full disk makes no turn a suspect, however often. */
  private async layDown({ lease, turn }: TurnRun, outageMs: number): Promise<void> {
    await this.unlessRecorded(turn, this.turns.layDown(lease, turn, outageMs));
  }

  private async unlessRecorded({ id }: Turn, write: Promise<void>): Promise<void> {
    try {
      await write;
    } catch (error) {
      // Also after a lost lease: the new holder has counted it.
      this.unrecorded.set(id, error);
    }
  }
}

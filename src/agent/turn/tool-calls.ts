import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { insist } from '../../database/insist.js';
import type { Approval, Step, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { textsFor } from '../../texts/texts-for.js';
import { Clock } from '../../runtime/clock.js';
import { ApprovalNeededError, type WaitingCall } from '../approvals/approval-gate.js';
import { CallAdmission, type CallCircumstances } from '../guard/call-admission.js';
import type { Live } from '../live/live-reply.js';
import { ToolNotes } from '../live/tool-notes.js';
import { readToolAnswer, type ToolAnswer } from './model-answer.js';
import { type NewStep, StepRepository } from './step.repository.js';
import type { CallMark } from '../tools/call-mark.js';
import type { ToolCall, ToolContext, ToolResult } from '../tools/tool-context.js';
import { ToolRunner } from '../tools/tool-runner.js';
import { TOOL_OUTCOME_UNKNOWN, unknownOutcome } from '../tools/unknown-outcome.js';

/** For whom tools are called. */
export interface ToolCaller {
  readonly turn: Turn;
  readonly lease: Lease;
  readonly tools: Pick<ToolContext, 'sender' | 'languageCode'>;
  readonly signal: AbortSignal;
  readonly live: Pick<Live, 'note'>;
  /** What people have said of the turn's calls, by step. */
  readonly approvals: ReadonlyMap<number, Approval>;
}

/** The calls of one answer. */
export interface AskedCalls extends Pick<CallCircumstances, 'influence' | 'rules'> {
  /** The step of the answer; those of the calls are the next ones. */
  readonly modelIndex: number;
  readonly calls: readonly ToolCall[];
  /** For each call whether it asks for exactly the same once too often. */
  readonly repeated: readonly boolean[];
  /** For each call whether it would go to an address that the model has made. */
  readonly stray: readonly boolean[];
}

/** One call, and its place among the steps of its turn. */
interface PlacedCall {
  readonly call: ToolCall;
  readonly index: number;
  readonly progress: ToolContext['progress'];
}

/**
 * Makes the tool calls of one answer, each at most once where the tool asks for that: such a call is a step before its
 * method is entered, one that says "outcome unknown" until the outcome replaces it. So whoever takes the turn over, an
 * older version of us too, finds the call made, and tells the model what is known of it.
 */
@Injectable()
export class ToolCalls {
  private readonly logger = new Logger(ToolCalls.name);

  constructor(
    private readonly runner: ToolRunner,
    private readonly admission: CallAdmission,
    private readonly steps: StepRepository,
    private readonly clock: Clock,
  ) {}

  /**
   * Side by side; each result is committed as soon as it is there. All have ended when this does: no tool of the turn is
   * still at work when the turn is handed on.
   * @throws ApprovalNeededError when all others have ended, LeaseLostError, the reason of the signal, or what the database throws
   */
  async make(
    caller: ToolCaller,
    done: ReadonlyMap<number, Step>,
    { modelIndex, calls, repeated, stray, influence, rules }: AskedCalls,
  ): Promise<ToolAnswer[]> {
    const notes = new ToolNotes(
      caller.live,
      textsFor(caller.tools.languageCode),
      calls.map(({ name }) => name),
    );
    const results = await Promise.allSettled(
      calls.map(async (call, place) => {
        const index = modelIndex + 1 + place;
        const step = done.get(index);
        if (step) return this.recall(step);
        const approval = caller.approvals.get(index);
        const about = {
          place,
          repeated: repeated[place] ?? false,
          stray: stray[place] ?? false,
          approval,
          influence,
          rules,
        };
        const progress = notes.of(place);
        try {
          return await this.call(caller, { call, index, progress: progress.report }, about);
        } finally {
          progress.end();
        }
      }),
    );
    const answers = results.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    });
    const waiting = answers.flatMap((answer) => ('stepIndex' in answer ? [answer] : []));
    if (waiting.length > 0) throw new ApprovalNeededError(waiting);
    return answers.flatMap((answer) => ('stepIndex' in answer ? [] : [answer]));
  }

  private recall(step: Step): ToolAnswer {
    const { turnId, index, name } = step;
    if (step.error === TOOL_OUTCOME_UNKNOWN)
      this.logger.warn({ msg: 'tool outcome unknown, not called again', turnId, index, tool: name });
    return readToolAnswer(step.result);
  }

  private async call(
    caller: ToolCaller,
    placed: PlacedCall,
    circumstances: CallCircumstances,
  ): Promise<ToolAnswer | WaitingCall> {
    const { turn, lease, signal } = caller;
    await this.runner.ready(placed.call, signal);
    const admission = await this.admission.admit(placed.call, circumstances);
    if (admission.kind === 'wait') return { call: placed.call, stepIndex: placed.index, why: admission.why };
    const [startedAt, begunMs] = [this.clock.now(), this.clock.monotonicMs()];
    const stepOf = (result: ToolResult) => newStep(turn.id, placed, result, startedAt);
    const mark = new StepMark(this.steps, lease, stepOf(unknownOutcome(placed.call.name)));
    const result =
      admission.kind === 'go'
        ? await this.runner.run(placed.call, contextOf(caller, placed), signal, mark)
        : admission.result;
    const step = stepOf(result);
    await insist(() => (mark.isSet ? this.steps.settle(lease, step) : this.steps.add(lease, step)));
    const ms = Math.round(this.clock.monotonicMs() - begunMs);
    const { name: tool, index, error } = step;
    this.logger.log({ msg: 'tool called', turnId: turn.id, index, tool, ms, error });
    return { callId: placed.call.id, output: result.output };
  }
}

/** A call that is recorded as of unknown outcome before it is made. */
class StepMark implements CallMark {
  isSet = false;

  constructor(
    private readonly steps: StepRepository,
    private readonly lease: Lease,
    private readonly unknown: NewStep,
  ) {}

  async set(): Promise<void> {
    await insist(() => this.steps.add(this.lease, this.unknown));
    this.isSet = true;
  }

  async takeBack(): Promise<void> {
    await insist(() => this.steps.takeBack(this.lease, this.unknown));
    this.isSet = false;
  }
}

function contextOf({ turn, tools }: ToolCaller, { index, progress }: PlacedCall): ToolContext {
  return {
    ...tools,
    progress,
    conversationId: turn.conversationId,
    turnId: turn.id,
    idempotencyKey: `${turn.id}:${index}`,
  };
}

function newStep(
  turnId: string,
  { call, index }: PlacedCall,
  { output, error }: ToolResult,
  startedAt: Date,
): NewStep {
  return {
    turnId,
    index,
    kind: 'tool',
    name: call.name.slice(0, 64),
    requestDigest: digest(call.arguments),
    result: { callId: call.id, output },
    error,
    inputTokens: 0,
    outputTokens: 0,
    startedAt,
  };
}

/** What was asked, as a step keeps it. */
export function digest(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}

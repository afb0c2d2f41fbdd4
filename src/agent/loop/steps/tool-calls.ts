import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import { retryWrite } from '../../../platform/database/retry-write.js';
import type { Step } from '../../../generated/prisma/client.js';
import type { Lease } from '../../../queue/lease/lease.repository.js';
import { Clock } from '../../../platform/runtime/clock.js';
import { ApprovalNeededError, type WaitingCall } from '../policy/approval-gate.js';
import { CallAdmission, type CallCircumstances } from '../policy/call-admission.js';
import { ToolNotes } from '../../streaming/tool-notes.js';
import { readToolAnswer, type ToolAnswer, type ToolCall } from '../../llm/model-answer.js';
import { type NewStep, StepRepository } from '../../turns/step.repository.js';
import type { ToolContext, ToolResult } from '../../tools/tool-context.js';
import { ToolRunner, type CallMark } from '../../tools/tool-runner.js';
import type { ActiveRun } from '../../turns/turn-run.js';
import { strayCalls } from '../policy/stray-calls.js';
import type { RunState } from './run-state.js';
import { TOOL_OUTCOME_UNKNOWN, unknownOutcome } from '../../tools/unknown-outcome.js';

/** A call and its place among the steps of its turn. */
interface PlacedCall {
  readonly call: ToolCall;
  readonly index: number;
  readonly progress: ToolContext['progress'];
}

/**
 * Makes the tool calls of one answer, each at most once if the tool requires that: such a call is a step before its
 * method is entered, with the result "outcome unknown" until the outcome replaces it. So the next runner of the turn,
 * an older version too, finds the call made, and gives the model the known result.
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
   * Runs the calls in parallel; each result is committed as soon as it is known. Returns after all have ended: no tool
   * of the turn is still at work when the turn is handed on.
   * @throws ApprovalNeededError when all others have ended, LeaseLostError, the reason of the signal, or what the database throws
   */
  async make(state: RunState, calls: readonly ToolCall[]): Promise<ToolAnswer[]> {
    const { run, asking, record, influence, rules } = state;
    const { repeated, stray } = suspicions(state, calls);
    const names = calls.map(({ name }) => name);
    const notes = new ToolNotes(asking.streamedReply, run.i18n, names);
    const results = await Promise.allSettled(
      calls.map(async (call, place) => {
        const index = state.index + 1 + place;
        const step = state.stepAt(index);
        if (step) return this.recall(step);
        const about = {
          place,
          repeated: repeated[place] ?? false,
          stray: stray[place] ?? false,
          approval: record.approvals.get(index),
          influence,
          unaskedTools: run.terms.unaskedTools,
          rules,
        };
        const progress = notes.createNote(place);
        try {
          return await this.call(run, { call, index, progress: progress.report }, about);
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
    run: ActiveRun,
    placed: PlacedCall,
    circumstances: CallCircumstances,
  ): Promise<ToolAnswer | WaitingCall> {
    const { turn, lease, signal } = run;
    await this.runner.ready(placed.call, signal);
    const admission = await this.admission.admit(placed.call, circumstances);
    if (admission.kind === 'wait') return { call: placed.call, stepIndex: placed.index, why: admission.why };
    const [startedAt, begunMs] = [this.clock.now(), this.clock.monotonicMs()];
    const stepOf = (result: ToolResult) => newStep(turn.id, placed, result, startedAt);
    const mark = new StepMark(this.steps, lease, stepOf(unknownOutcome(placed.call.name)));
    const result =
      admission.kind === 'go'
        ? await this.runner.run(placed.call, contextOf(run, placed), signal, mark)
        : admission.result;
    const step = stepOf(result);
    await retryWrite(() => (mark.isSet ? this.steps.recordResult(lease, step) : this.steps.add(lease, step)));
    const ms = Math.round(this.clock.monotonicMs() - begunMs);
    const { name: tool, index, error } = step;
    this.logger.log({ msg: 'tool called', turnId: turn.id, index, tool, ms, error });
    return { callId: placed.call.id, output: result.output };
  }
}

/** A call that is recorded with an unknown outcome before it is made. */
class StepMark implements CallMark {
  isSet = false;

  constructor(
    private readonly steps: StepRepository,
    private readonly lease: Lease,
    private readonly unknown: NewStep,
  ) {}

  async set(): Promise<void> {
    await retryWrite(() => this.steps.add(this.lease, this.unknown));
    this.isSet = true;
  }

  async takeBack(): Promise<void> {
    await retryWrite(() => this.steps.takeBack(this.lease, this.unknown));
    this.isSet = false;
  }
}

/** For each call, whether it is repeated once too often, and whether it goes to an address that the model made up. */
function suspicions(state: RunState, calls: readonly ToolCall[]) {
  const { index, asking, influence } = state;
  const steps = state.joined.map(({ stepIndex }) => stepIndex).filter((step) => step <= index);
  return {
    repeated: state.repeats.count(calls, new Set(steps).size),
    // Reads the whole request; skipped for a turn that people alone have led to, which is not asked about addresses.
    stray: influence === 'outside' ? strayCalls(calls, index, asking.context, state) : [],
  };
}

function contextOf({ turn, sender }: ActiveRun, { index, progress }: PlacedCall): ToolContext {
  return {
    sender,
    languageCode: sender?.languageCode ?? null,
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

/** The digest of a request, as a step keeps it. */
export function digest(request: unknown): string {
  return createHash('sha256').update(JSON.stringify(request)).digest('hex');
}

import type { Approval, Step } from '../../../generated/prisma/client.js';
import type { ToolRules } from '../../../memory/tool-rules.js';
import { ContextWindow, type Progress } from '../../context/context-window.js';
import type { Influence } from '../../context/outside-influence.js';
import type { Exchange, Joined, TurnContext } from '../../context/turn-request.js';
import type { ModelCaller } from '../../llm/model-caller.js';
import type { StreamedReply } from '../../streaming/streamed-reply.js';
import type { ModelStep } from '../../turns/step.repository.js';
import type { ActiveRun } from '../../turns/turn-run.js';
import type { Join } from '../busy/steering-messages.js';
import { RepeatedCalls } from '../policy/repeated-calls.js';

/** The data with which a run asks the model. */
export interface ModelAsking {
  readonly run: ActiveRun;
  readonly context: TurnContext;
  readonly caller: ModelCaller;
  readonly streamedReply: StreamedReply;
  readonly joinSteering: Join;
}

/** The turn's records at the start of a run. */
export interface TurnRecord {
  readonly steps: ReadonlyMap<number, Step>;
  /** The decisions of people about its tool calls, by step. */
  readonly approvals: ReadonlyMap<number, Approval>;
  readonly rules: readonly ToolRules[];
}

/** An answer that does not end its turn. */
export interface MissedAnswer {
  readonly why: 'empty' | 'rejected';
  /** The step at which the turn goes on. */
  readonly next: number;
  /** The exchange that shows it to the model; null: none. */
  readonly exchange: Exchange | null;
}

/** The state of one run of a turn. The loop advances it, every stage of a step reads it. */
export class RunState implements Progress {
  readonly run: ActiveRun;
  readonly exchanges: Exchange[];
  joined: readonly Joined[];
  readonly window: ContextWindow;
  readonly repeats = new RepeatedCalls();
  /** The tool rules of everybody who has written for the turn so far. */
  rules: readonly ToolRules[];
  /** The influence on the requests so far. */
  influence: Influence = 'people';
  /** The index of the next step. */
  index = 0;
  /** A finished model call that is not recorded yet, because the turn may end with it. */
  pending: ModelStep | null = null;
  private readonly missed: MissedAnswer['why'][] = [];

  constructor(
    readonly asking: ModelAsking,
    readonly record: TurnRecord,
  ) {
    const { run, context } = asking;
    this.run = run;
    this.exchanges = [...context.exchanges];
    this.joined = context.joined;
    this.window = new ContextWindow(context);
    this.rules = record.rules;
  }

  /** The recorded step at this place; undefined if it has yet to be made. */
  stepAt(index: number): Step | undefined {
    return this.record.steps.get(index);
  }

  hasMissed(why: MissedAnswer['why']): boolean {
    return this.missed.includes(why);
  }

  /** Continues behind an answer that did not end the turn. */
  continueAfter({ why, exchange, next }: MissedAnswer): void {
    this.missed.push(why);
    if (exchange) this.exchanges.push(exchange);
    this.index = next;
  }
}

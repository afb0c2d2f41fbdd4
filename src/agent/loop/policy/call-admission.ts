import { Injectable } from '@nestjs/common';
import type { Approval } from '../../../generated/prisma/client.js';
import type { ToolRules } from '../../../memory/tool-rules.js';
import { type CallAdmissionDecision, ApprovalGate } from './approval-gate.js';
import type { ToolCall } from '../../llm/model-answer.js';
import type { ToolResult } from '../../tools/tool-context.js';
import { ToolRegistry } from '../../tools/tool-registry.js';
import { cleanOutput, cut } from '../../tools/tool-output.js';
import type { Influence } from '../../context/outside-influence.js';
import { permits } from './tool-permission.js';

/** The circumstances of a call before it is made. */
export interface CallCircumstances {
  /** Its place among the calls of its answer, from 0. */
  readonly place: number;
  /** It repeats the same call once too often. */
  readonly repeated: boolean;
  /** People's decision about it; undefined: nobody was asked. */
  readonly approval: Approval | undefined;
  readonly influence: Influence;
  /** It would go to an address that the model made up: see `strayCalls`. */
  readonly stray: boolean;
  /** As `TurnTerms.unaskedTools`. */
  readonly unaskedTools: readonly string[];
  /** The rules about the tools of its turn. */
  readonly rules: readonly ToolRules[];
}

/** The limit of tool calls from one answer; they run side by side. */
const MAX_CALLS_AT_ONCE = 16;

const tooManyCalls: ToolResult = {
  output: `Not called: at most ${MAX_CALLS_AT_ONCE} tool calls at once.`,
  error: 'TOO_MANY_CALLS',
};

/** Decides whether a tool call is made: by the rules first, so that no person is asked about a forbidden call. */
@Injectable()
export class CallAdmission {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly gate: ApprovalGate,
  ) {}

  async admit(call: ToolCall, circumstances: CallCircumstances): Promise<CallAdmissionDecision> {
    const refusal = this.refusalOf(call, circumstances);
    if (refusal) return { kind: 'refused', result: refusal };
    return await this.gate.admit(call, circumstances);
  }

  private refusalOf({ name }: ToolCall, { place, repeated, rules }: CallCircumstances): ToolResult | null {
    if (place >= MAX_CALLS_AT_ONCE) return tooManyCalls;
    const known = this.registry.find(name) !== undefined;
    if (!known || !permits(rules, name)) return this.outOfReach(name, known, rules);
    return repeated ? callRefusals.repeated(name) : null;
  }

  /** A tool that is only unavailable for now is reported as such to people who may use it. */
  private outOfReach(name: string, known: boolean, rules: readonly ToolRules[]): ToolResult {
    const permitted = this.registry.names().filter((one) => permits(rules, one));
    const away = known ? null : this.registry.absence(name);
    if (!known && away === null) return callRefusals.unknown(name, permitted);
    return away !== null && permits(rules, name)
      ? callRefusals.away(away, permitted)
      : callRefusals.notPermitted(name, permitted);
  }
}

/** The results that the model gets for refused calls. */
const callRefusals = {
  /** @param permitted the names of the tools that may be used */
  notPermitted: (name: string, permitted: readonly string[]): ToolResult => ({
    output: `Not called: ${cleanOutput(cut(name, 64))} may not be used here. ${offer(permitted)}`,
    error: 'TOOL_NOT_PERMITTED',
  }),
  unknown: (name: string, permitted: readonly string[]): ToolResult => ({
    output: `There is no tool "${cleanOutput(cut(name, 64))}". ${offer(permitted)}`,
    error: 'TOOL_UNKNOWN',
  }),
  /** @param why it cannot be called now */
  away: (why: string, permitted: readonly string[]): ToolResult => ({
    output: `${why} ${offer(permitted)}`,
    error: 'TOOL_UNAVAILABLE',
  }),
  repeated: (name: string): ToolResult => ({
    output:
      `Not called: you have asked ${cleanOutput(cut(name, 64))} for exactly this twice already, and its results stand above. ` +
      'Asking again will not change them. Answer the user now with what you know, and say what you could not find out.',
    error: 'TOOL_LOOP',
  }),
} as const;

const offer = (names: readonly string[]): string =>
  names.length > 0 ? `The tools are: ${names.join(', ')}.` : 'There are no tools to use here.';

import { Injectable } from '@nestjs/common';
import { ToolSettings } from '../../tools/tool.settings.js';
import { TurnpikeError } from '../../../platform/errors/errors.js';
import type { Approval } from '../../../generated/prisma/client.js';
import type { ApprovalReason } from '../../../platform/i18n/i18n.js';
import type { Influence } from '../../context/outside-influence.js';
import type { ToolCall } from '../../llm/model-answer.js';
import type { ToolResult } from '../../tools/tool-context.js';
import { denialOf, refusals, tooLongToShow } from '../../approvals/approval-words.js';
import { isShowable } from '../../approvals/shown-call.js';
import { ToolRegistry } from '../../tools/tool-registry.js';
import { matches } from './tool-permission.js';

/** A call that waits for a person. */
export interface WaitingCall {
  readonly why: ApprovalReason;
  readonly call: ToolCall;
  readonly stepIndex: number;
}

/** The turn can go on only after people's decisions about these calls. */
export class ApprovalNeededError extends TurnpikeError {
  constructor(readonly calls: readonly WaitingCall[]) {
    super('APPROVAL_NEEDED', `${calls.length} tool calls wait to be allowed`);
  }
}

/** The circumstances of a call that decide whether a person is asked. */
export interface AskingCircumstances {
  /** The approval of this call; undefined: no person was asked yet. */
  readonly approval: Approval | undefined;
  /** The influence that may have led to it. */
  readonly influence: Influence;
  /** It would go to an address that the model made up. */
  readonly stray: boolean;
  /** Tools that text from outside may ask for: see `TurnTerms`. */
  readonly unaskedTools: readonly string[];
}

export type CallAdmissionDecision =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly why: ApprovalReason }
  | { readonly kind: 'refused'; readonly result: ToolResult };

const tooLong: CallAdmissionDecision = {
  kind: 'refused',
  result: { output: tooLongToShow, error: 'TOOL_APPROVAL_TOO_LONG' },
};

/** Decides whether a tool call may be made. */
@Injectable()
export class ApprovalGate {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly settings: ToolSettings,
  ) {}

  async admit(call: ToolCall, circumstances: AskingCircumstances): Promise<CallAdmissionDecision> {
    const { approval } = circumstances;
    switch (approval?.state) {
      case 'approved':
        return { kind: 'go' };
      case 'pending':
        return { kind: 'wait', why: this.reasonFor(call, circumstances) ?? 'rule' };
      case 'denied':
        return { kind: 'refused', result: { output: denialOf(approval), error: 'TOOL_DENIED' } };
      case 'expired':
        return { kind: 'refused', result: { output: refusals.expired, error: 'TOOL_APPROVAL_EXPIRED' } };
      case undefined: {
        const why = await this.asks(call, circumstances);
        if (why === null) return { kind: 'go' };
        return isShowable({ tool: call.name, arguments: call.arguments }) ? { kind: 'wait', why } : tooLong;
      }
    }
  }

  /** Asks nobody about a call that cannot be made as it is. @returns the reason for asking; null: nobody is asked */
  private async asks(call: ToolCall, circumstances: AskingCircumstances): Promise<ApprovalReason | null> {
    const why = this.reasonFor(call, circumstances);
    const tool = why && this.registry.find(call.name);
    if (!tool) return null;
    return (await tool.read(call.arguments)).kind === 'invalid' ? null : why;
  }

  /** Text from outside is the first reason: it needs a closer look. */
  private reasonFor(
    { name }: ToolCall,
    { influence, stray, unaskedTools }: AskingCircumstances,
  ): ApprovalReason | null {
    const tool = this.registry.find(name);
    if (!tool) return null;
    const { requireApproval, approvalAfterOutsideText } = this.settings;
    const isUnasked = unaskedTools.some((pattern) => matches(pattern, name));
    if (influence === 'outside' && approvalAfterOutsideText && !isUnasked) {
      if (tool.sideEffects) return 'outside';
      if (stray) return 'address';
    }
    return tool.requiresApproval || requireApproval.includes(name) ? 'rule' : null;
  }
}

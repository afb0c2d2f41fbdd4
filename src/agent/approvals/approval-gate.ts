import { Injectable } from '@nestjs/common';
import { ToolSettings } from '../../config/tool.settings.js';
import { TurnpikeError } from '../../errors/errors.js';
import type { Approval } from '../../generated/prisma/client.js';
import type { ApprovalReason } from '../../texts/texts.js';
import type { Influence } from '../guard/outside-influence.js';
import type { ToolCall, ToolResult } from '../tools/tool-context.js';
import { denialOf, refusals, tooLongToShow } from './approval-words.js';
import { isShowable } from './shown-call.js';
import { ToolRegistry } from '../tools/tool-registry.js';

/** A call that waits for a person. */
export interface WaitingCall {
  readonly why: ApprovalReason;
  readonly call: ToolCall;
  readonly stepIndex: number;
}

/** The turn can go on only when people have decided about these calls. */
export class ApprovalNeededError extends TurnpikeError {
  constructor(readonly calls: readonly WaitingCall[]) {
    super('APPROVAL_NEEDED', `${calls.length} tool calls wait to be allowed`);
  }
}

/** What of a call's circumstances decides whether somebody is asked about it. */
export interface AskingCircumstances {
  /** What is known of this call; undefined: nobody was asked yet. */
  readonly approval: Approval | undefined;
  /** Whose words may have led to it. */
  readonly influence: Influence;
  /** It would go to an address that the model has made. */
  readonly stray: boolean;
}

export type Admission =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait'; readonly why: ApprovalReason }
  | { readonly kind: 'refused'; readonly result: ToolResult };

const tooLong: Admission = {
  kind: 'refused',
  result: { output: tooLongToShow, error: 'TOOL_APPROVAL_TOO_LONG' },
};

/** Says whether a tool call may be made. */
@Injectable()
export class ApprovalGate {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly settings: ToolSettings,
  ) {}

  async admit(call: ToolCall, circumstances: AskingCircumstances): Promise<Admission> {
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

  /** Nobody is asked about a call that cannot be made as it stands. @returns why somebody is; null: nobody is */
  private async asks(call: ToolCall, circumstances: AskingCircumstances): Promise<ApprovalReason | null> {
    const why = this.reasonFor(call, circumstances);
    const tool = why && this.registry.find(call.name);
    if (!tool) return null;
    return (await tool.read(call.arguments)).kind === 'invalid' ? null : why;
  }

  /** What was read is said first: whoever decides has to look twice then. */
  private reasonFor({ name }: ToolCall, { influence, stray }: AskingCircumstances): ApprovalReason | null {
    const tool = this.registry.find(name);
    if (!tool) return null;
    const { requireApproval, approvalAfterOutsideText } = this.settings;
    if (influence === 'outside' && approvalAfterOutsideText) {
      if (tool.sideEffects) return 'outside';
      if (stray) return 'address';
    }
    return tool.requiresApproval || requireApproval.includes(name) ? 'rule' : null;
  }
}

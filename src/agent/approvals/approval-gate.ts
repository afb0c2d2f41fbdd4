import { Injectable } from '@nestjs/common';
import { ToolSettings } from '../../config/tool.settings.js';
import { TurnpikeError } from '../../errors/errors.js';
import type { Approval } from '../../generated/prisma/client.js';
import type { Influence } from '../guard/outside-influence.js';
import type { ToolCall, ToolResult } from '../tools/tool-context.js';
import { denialOf, refusals } from './approval-words.js';
import { type RegisteredTool, ToolRegistry } from '../tools/tool-registry.js';

/** A call that waits for a person. */
export interface WaitingCall {
  readonly call: ToolCall;
  readonly stepIndex: number;
}

/** The turn can go on only when people have decided about these calls. */
export class ApprovalNeededError extends TurnpikeError {
  constructor(readonly calls: readonly WaitingCall[]) {
    super('APPROVAL_NEEDED', `${calls.length} tool calls wait to be allowed`);
  }
}

export type Admission =
  | { readonly kind: 'go' }
  | { readonly kind: 'wait' }
  | { readonly kind: 'refused'; readonly result: ToolResult };

/** Says whether a tool call may be made. */
@Injectable()
export class ApprovalGate {
  constructor(
    private readonly registry: ToolRegistry,
    private readonly settings: ToolSettings,
  ) {}

  /**
   * @param approval what is known of this call; undefined: nobody was asked yet
   * @param influence whose words may have led to it
   */
  async admit(call: ToolCall, approval: Approval | undefined, influence: Influence): Promise<Admission> {
    switch (approval?.state) {
      case 'approved':
        return { kind: 'go' };
      case 'pending':
        return { kind: 'wait' };
      case 'denied':
        return { kind: 'refused', result: { output: denialOf(approval), error: 'TOOL_DENIED' } };
      case 'expired':
        return { kind: 'refused', result: { output: refusals.expired, error: 'TOOL_APPROVAL_EXPIRED' } };
      case undefined:
        return (await this.asks(call, influence)) ? { kind: 'wait' } : { kind: 'go' };
    }
  }

  /** Nobody is asked about a call that cannot be made as it stands. */
  private async asks({ name, arguments: given }: ToolCall, influence: Influence): Promise<boolean> {
    const tool = this.registry.find(name);
    if (!tool || !this.needsApproval(tool, influence)) return false;
    return (await tool.read(given)).kind !== 'invalid';
  }

  private needsApproval(
    { name, requiresApproval, sideEffects }: RegisteredTool,
    influence: Influence,
  ): boolean {
    const { requireApproval, approvalAfterOutsideText } = this.settings;
    if (requiresApproval || requireApproval.includes(name)) return true;
    return sideEffects && influence === 'outside' && approvalAfterOutsideText;
  }
}

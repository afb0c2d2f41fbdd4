import { ApprovalGate } from '../../src/agent/approvals/approval-gate.js';
import { CallAdmission } from '../../src/agent/guard/call-admission.js';
import { OutputCheck } from '../../src/agent/guard/output-check.js';
import { ToolPermissions } from '../../src/agent/guard/tool-permissions.js';
import type { ToolRegistry } from '../../src/agent/tools/tool-registry.js';
import { ToolRunner } from '../../src/agent/tools/tool-runner.js';
import { AgentLoop } from '../../src/agent/turn/agent-loop.js';
import { FinalAnswers } from '../../src/agent/turn/final-answers.js';
import { ModelSteps } from '../../src/agent/turn/model-steps.js';
import type { StepRepository } from '../../src/agent/turn/step.repository.js';
import { ToolCalls } from '../../src/agent/turn/tool-calls.js';
import type { AgentRoom } from './agent-room.js';
import { noSecrets } from './error-texts.js';

/** Model and tools by turns, as in one process. */
export function loopOf(agent: AgentRoom, registry: ToolRegistry, steps: StepRepository): AgentLoop {
  const { clock, client, tokens, models, toolSettings } = agent;
  const admission = new CallAdmission(registry, new ApprovalGate(registry, toolSettings));
  const modelSteps = new ModelSteps(client, registry, steps, tokens, clock);
  return new AgentLoop(
    modelSteps,
    new ToolCalls(new ToolRunner(registry, noSecrets), admission, steps, clock),
    new FinalAnswers(new OutputCheck(modelSteps, models), tokens),
    steps,
    agent.approvalStore,
    new ToolPermissions(toolSettings, agent.personTools, agent.claim),
    tokens,
    agent.settings,
  );
}

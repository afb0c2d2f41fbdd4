import { Module } from '@nestjs/common';
import { ApprovalsModule } from '../../approvals/approvals.module.js';
import { ModelModule } from '../../llm/model.module.js';
import { ToolsModule } from '../../tools/tools.module.js';
import { TurnsModule } from '../../turns/turns.module.js';
import { PolicyModule } from '../policy/policy.module.js';
import { AgentLoop } from './agent-loop.js';
import { FinalAnswers } from './final-answers.js';
import { ModelSteps } from './model-steps.js';
import { OutputCheck } from './output-check.js';
import { ToolCalls } from './tool-calls.js';

/** The loop of model and tools: each call is a step of the turn, until there is an answer. */
@Module({
  imports: [ApprovalsModule, ModelModule, ToolsModule, TurnsModule, PolicyModule],
  providers: [AgentLoop, FinalAnswers, ModelSteps, OutputCheck, ToolCalls],
  exports: [AgentLoop, ModelSteps],
})
export class StepsModule {}

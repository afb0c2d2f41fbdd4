import { Module } from '@nestjs/common';
import { MemoryModule } from '../../../memory/memory.module.js';
import { ToolsModule } from '../../tools/tools.module.js';
import { TurnsModule } from '../../turns/turns.module.js';
import { ApprovalGate } from './approval-gate.js';
import { CallAdmission } from './call-admission.js';
import { ToolPermissions } from './tool-permissions.js';

/** Decides which tools a turn may use, which calls are made, and which need a person's approval. */
@Module({
  imports: [MemoryModule, ToolsModule, TurnsModule],
  providers: [ApprovalGate, CallAdmission, ToolPermissions],
  exports: [CallAdmission, ToolPermissions],
})
export class PolicyModule {}

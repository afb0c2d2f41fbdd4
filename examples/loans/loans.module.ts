import { Module } from '@nestjs/common';
import { SettingsModule } from '../../src/platform/config/settings.module.js';
import { LoanRepository } from './loan.repository.js';
import { LoanSettings } from './loan.settings.js';
import { LoansTool } from './loans.tool.js';

/** What a library's readers may ask about their loans. */
@Module({
  imports: [SettingsModule.forFeature(LoanSettings)],
  providers: [LoanRepository, LoansTool],
})
export class LoansModule {}

import { IsInt, Max, Min } from 'class-validator';
import { FromEnv, integer } from '../../src/platform/config/variable.js';

export class LoanSettings {
  @FromEnv('LOANS_RENEWAL_DAYS', {
    description: 'days by which a renewal puts off the return',
    example: '14',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(90)
  renewalDays = 14;

  @FromEnv('LOANS_MAX_RENEWALS', {
    description: 'how often one loan may be renewed',
    example: '2',
    parse: integer,
  })
  @IsInt()
  @Min(0)
  @Max(20)
  maxRenewals = 2;
}

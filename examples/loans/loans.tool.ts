import { Injectable } from '@nestjs/common';
import { IsInt, Max, Min } from 'class-validator';
import type { ToolContext } from '../../src/agent/tools/tool-context.js';
import { Describe, Tool } from '../../src/agent/tools/tool.decorator.js';
import type { UserId } from '../../src/channel/ids.js';
import { GiveUpError } from '../../src/platform/errors/errors.js';
import { LoanRepository } from './loan.repository.js';
import { LoanSettings } from './loan.settings.js';

export class MyLoansParameters {}

export class RenewLoanParameters {
  @Describe('The number of the loan, as my_loans lists it.')
  @IsInt()
  @Min(1)
  @Max(2_147_483_647)
  loan: number;
}

/** Lets readers look up and renew what they have borrowed. */
@Injectable()
export class LoansTool {
  constructor(
    private readonly loans: LoanRepository,
    private readonly settings: LoanSettings,
  ) {}

  @Tool({
    name: 'my_loans',
    description: 'Lists the books that the user has borrowed, each with its number and the day it is due.',
    parameters: MyLoansParameters,
    sideEffects: false,
  })
  async list(_: MyLoansParameters, context: ToolContext): Promise<string> {
    const loans = await this.loans.findByReader(readerOf(context));
    if (loans.length === 0) return 'The user has borrowed nothing.';
    return loans.map(({ id, title, dueOn }) => `${id}: ${title}, due on ${dueOn}`).join('\n');
  }

  @Tool({
    name: 'renew_loan',
    description: 'Renews one loan of the user, and returns the day it is due then.',
    parameters: RenewLoanParameters,
  })
  async renew({ loan: id }: RenewLoanParameters, context: ToolContext): Promise<string> {
    const { renewalDays, maxRenewals } = this.settings;
    const call = { id, readerId: readerOf(context), key: context.idempotencyKey };
    const renewal = await this.loans.renew(call, { days: renewalDays, atMost: maxRenewals });
    switch (renewal.kind) {
      case 'renewed':
        return `${renewal.loan.title} is due on ${renewal.loan.dueOn} now.`;
      case 'too-often':
        throw new GiveUpError(
          'LOAN_RENEWED_TOO_OFTEN',
          `${renewal.loan.title} cannot be renewed more than ${maxRenewals} times; it is due on ${renewal.loan.dueOn}.`,
        );
      case 'unknown':
        throw new GiveUpError('LOAN_UNKNOWN', `The user has no loan ${id}. See my_loans.`);
    }
  }
}

/** Who asks is never a parameter: the model can be talked into any. */
function readerOf({ sender }: ToolContext): UserId {
  if (sender) return sender.userId;
  throw new GiveUpError('READER_UNKNOWN', 'It is not known who asks, so there is nobody to look up.');
}

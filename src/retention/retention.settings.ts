import { IsInt, Max, Min } from 'class-validator';
import { FromEnv, integer } from '../platform/config/variable.js';

const A_CENTURY = 36_525;

/** How long records are kept. The history, messages and facts, is kept until it is erased. */
export class RetentionSettings {
  @FromEnv('RETENTION_PAYLOAD_DAYS', {
    description: 'days a finished event keeps the update as it was received; 0: for ever',
    example: '30',
    parse: integer,
  })
  @IsInt()
  @Min(0)
  @Max(A_CENTURY)
  payloadDays = 30;

  @FromEnv('RETENTION_STEP_DAYS', {
    description:
      'days a finished turn keeps its model and tool calls, and an ended schedule is kept; 0: for ever',
    example: '90',
    parse: integer,
  })
  @IsInt()
  @Min(0)
  @Max(A_CENTURY)
  stepDays = 90;

  @FromEnv('RETENTION_REPLY_DAYS', {
    description: 'days the record of a sent reply is kept; 0: for ever',
    example: '90',
    parse: integer,
  })
  @IsInt()
  @Min(0)
  @Max(A_CENTURY)
  replyDays = 90;

  @FromEnv('RETENTION_BUDGET_DAYS', {
    description: 'days the figures of what users and chats used are kept; 0: for ever',
    example: '400',
    parse: integer,
  })
  @IsInt()
  @Min(0)
  @Max(A_CENTURY)
  budgetDays = 400;
}

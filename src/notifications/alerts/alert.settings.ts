import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { FromEnv, integer } from '../../platform/config/variable.js';

/** Alerts to the operators. */
export class AlertSettings {
  @FromEnv('ALERTS_CHAT', {
    description:
      'the id of the chat that is told of dead letters, budgets, old backlogs and bots out of reach; unset: none is',
    example: '123456789',
    placeholder: 'your-user-id',
  })
  @IsOptional()
  @Matches(/^-?\d{1,18}$/, { message: 'must be the id of a chat' })
  chat?: string;

  @FromEnv('ALERTS_BACKLOG_MINUTES', {
    description: 'minutes after which a message that still waits is worth an alert',
    example: '10',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(1_440)
  backlogMinutes: number = 10;
}

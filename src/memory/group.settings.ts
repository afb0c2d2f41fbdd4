import { IsInt, Max, Min } from 'class-validator';
import { FromEnv, integer } from '../platform/config/variable.js';

/** The largest window that a group may have. */
export const MAX_CONTEXT_MESSAGES = 100;

export class GroupSettings {
  @FromEnv('GROUP_CONTEXT_MESSAGES', {
    description:
      'how many of the latest messages of a group that are not for the bot are kept and shown to the model as background; 0: none; a group’s admins may choose otherwise with /settings window',
    example: '20',
    parse: integer,
  })
  @IsInt()
  @Min(0)
  @Max(MAX_CONTEXT_MESSAGES)
  contextMessages = 0;
}

import { IsInt, Matches, Max, Min } from 'class-validator';
import { FromEnv, integer, list } from './variable.js';

export class ToolSettings {
  @FromEnv('TOOLS_REQUIRE_APPROVAL', {
    description: 'tools each call of which a person has to allow, besides those that ask for it themselves',
    example: 'fetch_url,send_mail',
    parse: list,
  })
  @Matches(/^[a-zA-Z0-9_-]{1,64}$/, { each: true })
  requireApproval: string[] = [];

  @FromEnv('APPROVAL_USERS', {
    description: 'ids of the users who may allow tool calls; unset: whoever asked for what led to the call',
    example: '123456789',
    parse: list,
  })
  @Matches(/^[1-9]\d{0,15}$/, { each: true })
  approvalUsers: string[] = [];

  @FromEnv('APPROVAL_TIMEOUT_MINUTES', {
    description: 'how long a tool call waits to be allowed, in minutes; then it counts as denied',
    example: '60',
    parse: integer,
  })
  @IsInt()
  @Min(1)
  @Max(43_200)
  approvalTimeoutMinutes = 60;
}

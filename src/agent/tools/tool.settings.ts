import { IsBoolean, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import { flag, FromEnv, integer, list } from '../../platform/config/variable.js';

/** A tool's name, or a pattern in which `*` stands for any characters. */
export const TOOL_PATTERN = /^[a-zA-Z0-9_*-]{1,64}$/;

export class ToolSettings {
  @FromEnv('TOOLS_ALLOWED', {
    description: 'the only tools that may be used, * for any characters; unset: all there are',
    example: 'current_time,calculate,github_*',
    parse: list,
  })
  @IsOptional()
  @Matches(TOOL_PATTERN, { each: true })
  allowed?: string[];

  @FromEnv('TOOLS_DENIED', {
    description: 'tools that may not be used, whatever else allows them',
    example: 'fetch_url,github_delete_*',
    parse: list,
  })
  @Matches(TOOL_PATTERN, { each: true })
  denied: string[] = [];

  @FromEnv('TOOLS_REQUIRE_APPROVAL', {
    description: 'tools each call of which a person has to allow, besides those that ask for it themselves',
    example: 'fetch_url,send_mail',
    parse: list,
  })
  @Matches(/^[a-zA-Z0-9_-]{1,64}$/, { each: true })
  requireApproval: string[] = [];

  @FromEnv('APPROVAL_OUTSIDE_TEXT', {
    description:
      'a tool with side effects needs to be allowed while text from outside is in the request: a page, a forwarded message, a picture',
    example: 'true',
    parse: flag,
  })
  @IsBoolean()
  approvalAfterOutsideText = true;

  @FromEnv('APPROVAL_USERS', {
    description: 'ids of the users who may allow tool calls; unset: whoever asked for what led to the call',
    example: '123456789',
    placeholder: 'your-user-id',
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

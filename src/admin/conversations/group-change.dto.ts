import { ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { IsBoolean, IsInt, IsOptional, Max, Min, ValidateIf } from 'class-validator';
import { MAX_CONTEXT_MESSAGES } from '../../memory/group.settings.js';

/** The settings that a group's admins change with /settings. */
export class GroupChange {
  @ApiPropertyOptional({
    type: Boolean,
    description: 'In a group: every message is answered, as /settings answer sets it',
  })
  @ValidateIf((_, answersAll) => answersAll !== undefined)
  @IsBoolean()
  answersAll?: boolean;

  @ApiPropertyOptional({
    type: Number,
    nullable: true,
    minimum: 0,
    maximum: MAX_CONTEXT_MESSAGES,
    description:
      'In a group: how many messages that are not for the bot are kept as context, as /settings window sets it; null: GROUP_CONTEXT_MESSAGES',
  })
  @IsOptional()
  @IsInt()
  @Min(0)
  @Max(MAX_CONTEXT_MESSAGES)
  contextMessages?: number | null;
}

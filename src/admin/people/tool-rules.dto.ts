import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { ArrayMaxSize, IsArray, IsOptional, Matches, ValidateIf } from 'class-validator';
import { TOOL_PATTERN } from '../../agent/tools/tool.settings.js';
import type { ToolRules } from '../../memory/tool-rules.js';

const MAX_PATTERNS = 200;

const notAPattern = {
  each: true,
  message: 'each of $property must be the name of a tool, * for any characters',
};

/** An operator's tool rules. Tools that the deployment does not permit stay forbidden. */
export class ToolRulesDto {
  @ApiPropertyOptional({
    type: [String],
    nullable: true,
    maxItems: MAX_PATTERNS,
    example: ['calculate', 'github_*'],
    description: 'Only these, by name, * for any characters; null or not given: all there are',
  })
  @IsOptional()
  @IsArray()
  @ArrayMaxSize(MAX_PATTERNS)
  @Matches(TOOL_PATTERN, notAPattern)
  allow?: string[] | null;

  @ApiPropertyOptional({
    type: [String],
    maxItems: MAX_PATTERNS,
    example: ['fetch_url'],
    description: 'None of these, whatever is allowed',
  })
  @ValidateIf((_, deny) => deny !== undefined)
  @IsArray()
  @ArrayMaxSize(MAX_PATTERNS)
  @Matches(TOOL_PATTERN, notAPattern)
  deny?: string[];
}

/** The present rules. */
export class ShownToolRules {
  @ApiProperty({ type: [String], nullable: true, description: 'null: all there are' })
  readonly allow: readonly string[] | null;

  @ApiProperty({ type: [String] })
  readonly deny: readonly string[];
}

export function toToolRules({ allow = null, deny = [] }: ToolRulesDto): ToolRules {
  return { allow, deny };
}

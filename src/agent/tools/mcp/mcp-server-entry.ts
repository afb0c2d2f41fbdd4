import { Type } from 'class-transformer';
import {
  IsArray,
  IsBoolean,
  IsIn,
  IsInt,
  IsNotEmpty,
  IsObject,
  IsOptional,
  IsString,
  Max,
  Min,
  ValidateBy,
  ValidateNested,
} from 'class-validator';
import { isHttpAddress } from '../../../platform/config/http-address.js';

const isText = (value: unknown): boolean => typeof value === 'string';
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText);

function Texts(): PropertyDecorator {
  return ValidateBy({
    name: 'texts',
    validator: {
      validate: (value) => typeof value === 'object' && value !== null && Object.values(value).every(isText),
      defaultMessage: () => '$property must be an object whose values are texts',
    },
  });
}

function McpAddress(): PropertyDecorator {
  return ValidateBy({
    name: 'mcpAddress',
    validator: {
      validate: isHttpAddress,
      defaultMessage: () => '$property must be an http or https address, without a user name (use headers)',
    },
  });
}

function FlagOrTools(): PropertyDecorator {
  return ValidateBy({
    name: 'flagOrTools',
    validator: {
      validate: (value) => typeof value === 'boolean' || isTexts(value),
      defaultMessage: () => '$property must be true, false or a list of tool names such as ["create_*"]',
    },
  });
}

/** The offered tools of a server, by the server's names; `*` stands for any characters. */
export class McpToolRules {
  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  allow?: string[];

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  deny?: string[];
}

/** One server in the file's form. */
export class McpServerEntry {
  /** Ignored: other programs write it; here `command` or `url` decides. */
  @IsOptional()
  @IsIn(['stdio', 'http', 'streamable-http', 'streamableHttp'])
  type?: string;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  command?: string;

  @IsOptional()
  @IsArray()
  @IsString({ each: true })
  args?: string[];

  @IsOptional()
  @IsObject()
  @Texts()
  env?: Record<string, string>;

  @IsOptional()
  @IsString()
  @IsNotEmpty()
  cwd?: string;

  @IsOptional()
  @McpAddress()
  url?: string;

  @IsOptional()
  @IsObject()
  @Texts()
  headers?: Record<string, string>;

  @IsOptional()
  @IsBoolean()
  disabled?: boolean;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => McpToolRules)
  tools?: McpToolRules;

  /** Calls that need a person's approval: all, none, or those of these tools. */
  @IsOptional()
  @FlagOrTools()
  requiresApproval?: boolean | string[];

  /** Calls that may be repeated after an interruption; without it the server's own hints decide. */
  @IsOptional()
  @FlagOrTools()
  repeatable?: boolean | string[];

  @IsOptional()
  @IsInt()
  @Min(100)
  @Max(3_600_000)
  timeoutMs?: number;

  /** UTF-16 units of one result. */
  @IsOptional()
  @IsInt()
  @Min(1_000)
  @Max(1_000_000)
  outputLimit?: number;
}

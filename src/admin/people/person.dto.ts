import { ApiProperty, ApiPropertyOptional } from '../../platform/openapi/api-docs.js';
import { Type } from 'class-transformer';
import { IsBoolean, IsIn, IsObject, ValidateIf, ValidateNested } from 'class-validator';
import { type Person, PersonRole } from '../../generated/prisma/client.js';
import { readToolRules } from '../../memory/tool-rules.js';
import { ShownToolRules, ToolRulesDto } from './tool-rules.dto.js';
import { pageOfDtos } from '../listing/page-dto.js';

const roles = Object.values(PersonRole);

/** Absent fields keep their value. */
export class PersonChange {
  @ApiPropertyOptional({
    type: ToolRulesDto,
    nullable: true,
    description: 'Which tools this person may use, from the next turn on; null: what the deployment permits',
  })
  @ValidateIf((_, tools) => tools !== null && tools !== undefined)
  @IsObject()
  @ValidateNested()
  @Type(() => ToolRulesDto)
  tools?: ToolRulesDto | null;

  @ApiPropertyOptional({
    enum: roles,
    nullable: true,
    description: 'Lets them in, from their next message on; null: nobody has let them in',
  })
  @ValidateIf((_, role) => role !== null && role !== undefined)
  @IsIn(roles)
  role?: PersonRole | null;

  @ApiPropertyOptional({ type: Boolean, description: 'true: nothing that they say is heard or answered' })
  @ValidateIf((_, blocked) => blocked !== undefined)
  @IsBoolean()
  blocked?: boolean;
}

/** A channel's user, as last seen. 64-bit ids are strings. */
export class PersonDto {
  @ApiProperty({ example: 'telegram' })
  readonly channel: string;

  @ApiProperty({ type: String, example: '123456789' })
  readonly userId: string;

  @ApiProperty()
  readonly firstName: string;

  @ApiProperty({ type: String, nullable: true })
  readonly lastName: string | null;

  @ApiProperty({ type: String, nullable: true })
  readonly username: string | null;

  @ApiProperty({ type: ShownToolRules, nullable: true })
  readonly tools: ShownToolRules | null;

  @ApiProperty({ enum: roles, nullable: true, description: 'null: nobody has let them in' })
  readonly role: PersonRole | null;

  @ApiProperty()
  readonly blocked: boolean;
}

export class PersonPage extends pageOfDtos(PersonDto) {}

export interface ShownPerson extends Pick<
  Person,
  'channel' | 'userId' | 'firstName' | 'lastName' | 'username'
> {
  readonly tools: unknown;
  readonly role: PersonRole | null;
  readonly blocked: boolean;
}

export function toPersonDto({ tools, ...person }: ShownPerson): PersonDto {
  return { ...person, tools: readToolRules(tools) };
}

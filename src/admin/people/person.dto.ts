import { ApiProperty } from '@nestjs/swagger';
import { Type } from 'class-transformer';
import { IsObject, ValidateIf, ValidateNested } from 'class-validator';
import type { Person } from '../../generated/prisma/client.js';
import { readToolRules } from '../../memory/tool-rules.js';
import { ShownToolRules, ToolRulesDto } from './tool-rules.dto.js';
import { pageOfDtos } from '../listing/page-dto.js';

export class PersonChange {
  @ApiProperty({
    type: ToolRulesDto,
    nullable: true,
    description: 'Which tools this person may use, from the next turn on; null: what the deployment permits',
  })
  @ValidateIf((_, tools) => tools !== null)
  @IsObject()
  @ValidateNested()
  @Type(() => ToolRulesDto)
  tools: ToolRulesDto | null;
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
}

export class PersonPage extends pageOfDtos(PersonDto) {}

export interface ShownPerson extends Pick<
  Person,
  'channel' | 'userId' | 'firstName' | 'lastName' | 'username'
> {
  readonly tools: unknown;
}

export function toPersonDto({ userId, tools, ...person }: ShownPerson): PersonDto {
  return { ...person, userId: userId.toString(), tools: readToolRules(tools) };
}

import { Injectable } from '@nestjs/common';
import type { UserId } from '../channel/ids.js';
import type { PersonTools } from '../generated/prisma/client.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { readToolRules, type ToolRules, writeToolRules } from './tool-rules.js';

/** The tool rules of people. */
@Injectable()
export class PersonToolsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** The rules of those of these users who have some. */
  async findRules(channel: string, userIds: readonly UserId[]): Promise<ToolRules[]> {
    const rows = await this.prisma.$queryRaw<Pick<PersonTools, 'tools'>[]>`
      SELECT tools FROM person_tools WHERE channel = ${channel} AND user_id = ANY (${[...userIds]}::text[])`;
    return rows.flatMap(({ tools }) => readToolRules(tools) ?? []);
  }

  /** @param rules null: none of their own */
  async set(channel: string, userId: UserId, rules: ToolRules | null): Promise<void> {
    if (rules === null) {
      await this.prisma.personTools.deleteMany({ where: { channel, userId } });
      return;
    }
    const tools = writeToolRules(rules);
    await this.prisma.personTools.upsert({
      where: { channel_userId: { channel, userId } },
      create: { channel, userId, tools },
      update: { tools },
    });
  }
}

import { Injectable } from '@nestjs/common';
import { PrismaService } from '../database/prisma.service.js';
import { readToolRules, type ToolRules, writeToolRules } from './tool-rules.js';

/** Which tools people may use. */
@Injectable()
export class PersonToolsRepository {
  constructor(private readonly prisma: PrismaService) {}

  /** Does anybody of this channel have rules of their own? */
  async any(channel: string): Promise<boolean> {
    return (
      (await this.prisma.personTools.findFirst({ where: { channel }, select: { userId: true } })) !== null
    );
  }

  /** The rules of those of these users who have some. */
  async of(channel: string, userIds: readonly bigint[]): Promise<ToolRules[]> {
    const rows = await this.prisma.personTools.findMany({ where: { channel, userId: { in: [...userIds] } } });
    return rows.flatMap(({ tools }) => readToolRules(tools) ?? []);
  }

  /** @param rules null: none of their own */
  async set(channel: string, userId: bigint, rules: ToolRules | null): Promise<void> {
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

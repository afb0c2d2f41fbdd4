import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import {
  type BusyMode,
  type Conversation,
  type ConversationStatus,
  Prisma,
} from '../../generated/prisma/client.js';
import { GroupContextRepository } from '../../memory/group-context.repository.js';
import { type ToolRules, writeToolRules } from '../../memory/tool-rules.js';

/** One conversation's own row, as an operator reads and changes it. */
@Injectable()
export class ConversationRecordsRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly groupContext: GroupContextRepository,
  ) {}

  find(id: string): Promise<Conversation | null> {
    return this.prisma.conversation.findUnique({ where: { id, erasedAt: null } });
  }

  /** Changes the given fields. @returns the changed row; null if there is none (any more) */
  async change(id: string, { tools, ...change }: ChangeOfConversation): Promise<Conversation | null> {
    const rules = tools === null ? Prisma.DbNull : tools && writeToolRules(tools);
    const data = { ...change, ...(rules && { tools: rules }) };
    return await this.prisma.$transaction(async (tx) => {
      const [changed] = await tx.conversation.updateManyAndReturn({ where: { id, erasedAt: null }, data });
      // Messages that do not fit a smaller window are deleted.
      if (changed && (change.answersAll ?? change.contextMessages) !== undefined)
        await this.groupContext.trim(tx, id);
      return changed ?? null;
    });
  }
}

/** Undefined fields keep their value. */
export interface ChangeOfConversation {
  readonly status?: ConversationStatus | undefined;
  readonly model?: string | null | undefined;
  readonly systemPrompt?: string | null | undefined;
  readonly busyMode?: BusyMode | null | undefined;
  readonly tools?: ToolRules | null | undefined;
  readonly outputCheck?: boolean | undefined;
  readonly answersAll?: boolean | undefined;
  readonly contextMessages?: number | null | undefined;
}

import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import type { CallUsage } from '../../budget/call-usage.js';
import { transcriptionCost } from '../../budget/transcription-cost.js';
import { BudgetSettings } from '../../budget/budget.settings.js';
import type { Message, Prisma } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../queue/lease/lease.repository.js';
import { readAttachments, toJson } from './stored-attachments.js';

/** The result of reading one file. */
export interface FileOutcome {
  /** Appended to the text of its message. */
  readonly text: string;
  /** Set if it was not read: the reason, as shown to the user. */
  readonly refusal: string | null;
  /** The cost of its transcription; null if there was none. */
  readonly used: CallUsage | null;
}

/** Checkpoints of read files: a file's text becomes part of its message, and the file is not read again. */
@Injectable()
export class AttachmentRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly budget: BudgetSettings,
  ) {}

  /**
   * Appends the text of the file with this index to its message, and adds the cost to the turn's usage; repeatable.
   * @returns the message as it is now
   * @throws LeaseLostError
   */
  async recordOutcome(
    lease: Lease,
    messageId: bigint,
    index: number,
    outcome: FileOutcome,
  ): Promise<Message> {
    return await this.prisma.$transaction(async (tx) => {
      await this.leases.assertHeld(tx, lease);
      const message = await tx.message.findUniqueOrThrow({ where: { id: messageId } });
      const stored = readAttachments(message.attachments);
      if (stored?.files[index]?.state !== 'open') return message;
      const { text, refusal, used } = outcome;
      if (used && message.turnId !== null) await this.count(tx, message.turnId, used);
      const state = refusal === null ? ('told' as const) : ('refused' as const);
      const files = stored.files.map((file, place) => (place === index ? { ...file, state, refusal } : file));
      return await tx.message.update({
        where: { id: messageId },
        data: { text: `${message.text}\n${text}`, attachments: toJson({ ...stored, files }) },
      });
    });
  }

  private async count(tx: Prisma.TransactionClient, id: string, used: CallUsage): Promise<void> {
    await tx.turn.update({
      where: { id },
      data: {
        transcriptionInputTokens: { increment: used.inputTokens },
        transcriptionOutputTokens: { increment: used.outputTokens },
        transcriptionMicroUsd: { increment: transcriptionCost(this.budget.prices, used).microUsd },
      },
      select: { id: true },
    });
  }
}

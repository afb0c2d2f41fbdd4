import { Injectable } from '@nestjs/common';
import { PrismaService } from '../../database/prisma.service.js';
import type { CallUsage } from '../../budget/call-usage.js';
import { costOfHearing } from '../../budget/hearing.js';
import { BudgetSettings } from '../../config/budget.settings.js';
import type { Message, Prisma } from '../../generated/prisma/client.js';
import { type Lease, LeaseRepository } from '../../lease/lease.repository.js';
import { readAttachments, toJson } from './stored-attachments.js';

/** What was made of one file. */
export interface FileOutcome {
  /** Goes behind the text of its message. */
  readonly text: string;
  /** Set where it was not looked at: why, as the user is told. */
  readonly refusal: string | null;
  /** What it took to hear it; null where nothing was heard. */
  readonly used: CallUsage | null;
}

/** The checkpoints of reading files: what was made of one is part of its message, and is not made again. */
@Injectable()
export class AttachmentRepository {
  constructor(
    private readonly prisma: PrismaService,
    private readonly leases: LeaseRepository,
    private readonly budget: BudgetSettings,
  ) {}

  /**
   * Puts what was made of the file of this index behind its message's text, and what it took to the turn's use; repeatable.
   * @returns the message as it is now
   * @throws LeaseLostError
   */
  async settle(lease: Lease, messageId: bigint, index: number, outcome: FileOutcome): Promise<Message> {
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
        heardInputTokens: { increment: used.inputTokens },
        heardOutputTokens: { increment: used.outputTokens },
        heardMicroUsd: { increment: costOfHearing(this.budget.prices, used).microUsd },
      },
      select: { id: true },
    });
  }
}

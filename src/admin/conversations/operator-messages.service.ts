import {
  ConflictException,
  Injectable,
  Logger,
  NotFoundException,
  UnprocessableEntityException,
} from '@nestjs/common';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { Outbox } from '../../delivery/outbox.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { LaneWaker } from '../../queue/lane-waker.js';
import { type MessageDto, toMessageDto } from './message.dto.js';
import { MessageListingRepository } from './message-listing.repository.js';

/** Sends an operator's messages as the bot. */
@Injectable()
export class OperatorMessagesService {
  private readonly logger = new Logger(OperatorMessagesService.name);

  constructor(
    private readonly prisma: PrismaService,
    private readonly messages: MessageRepository,
    private readonly outbox: Outbox,
    private readonly listing: MessageListingRepository,
    private readonly waker: LaneWaker,
  ) {}

  /**
   * Writes the text into the history and the outbox, in one commit: it is sent behind the waiting replies, in a paused
   * conversation too.
   * @param key sends the text once, however often and however concurrently the request comes; null: no key
   */
  async say(conversationId: string, text: string, key: string | null): Promise<MessageDto> {
    const said = await this.prisma.$transaction((tx) => this.sayWithin(tx, conversationId, text, key));
    if (said.isNew) this.logger.log({ msg: 'operator spoke', conversationId, messageId: String(said.id) });
    this.waker.wake('deliveries', conversationId);
    const message = await this.listing.find(said.id);
    if (!message) throw unknown();
    return toMessageDto(message);
  }

  private async sayWithin(
    tx: Prisma.TransactionClient,
    conversationId: string,
    text: string,
    key: string | null,
  ): Promise<{ id: bigint; isNew: boolean }> {
    // Locked, so that the second of two requests with one key finds the first one's message.
    const [conversation] = await tx.$queryRaw<{ epoch: number; status: string }[]>`
      SELECT epoch, status::text FROM conversations
      WHERE id = ${conversationId}::uuid AND erased_at IS NULL FOR NO KEY UPDATE`;
    if (!conversation) throw unknown();
    const known = key === null ? null : await this.saidWith(tx, conversationId, key);
    if (known && known.text !== text)
      throw new UnprocessableEntityException('This Idempotency-Key was used for another text');
    if (known) return { id: known.id, isNew: false };
    if (conversation.status === 'blocked') throw new ConflictException('The conversation is blocked');
    const { epoch } = conversation;
    const id = await this.messages.addByOperator(tx, { conversationId, epoch }, text);
    await this.outbox.add(tx, { conversationId, messageId: id, text });
    if (key !== null)
      await tx.operatorKey.create({ data: { messageId: id, conversationId, key }, select: { key: true } });
    return { id, isNew: true };
  }

  private async saidWith(tx: Prisma.TransactionClient, conversationId: string, key: string) {
    const used = await tx.operatorKey.findUnique({
      where: { conversationId_key: { conversationId, key } },
      include: { message: true },
    });
    return used?.message ?? null;
  }
}

function unknown(): NotFoundException {
  return new NotFoundException('There is no conversation with this id');
}

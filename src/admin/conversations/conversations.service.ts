import { BadRequestException, Injectable, NotFoundException, type StreamableFile } from '@nestjs/common';
import { BudgetSettings } from '../../budget/budget.settings.js';
import { modelNameOf, priceOf } from '../../budget/model-prices.js';
import { modelTarget } from '../../agent/llm/model-target.js';
import { ModelSettings } from '../../agent/llm/model.settings.js';
import { LaneWaker } from '../../queue/lane-waker.js';
import type { Conversation } from '../../generated/prisma/client.js';
import {
  type ConversationChange,
  type ConversationDetailDto,
  type ConversationPage,
  type ConversationQuery,
  toConversationDetailDto,
  toConversationDto,
} from './conversation.dto.js';
import { ConversationListingRepository } from './conversation-listing.repository.js';
import { ConversationRecordsRepository } from './conversation-records.repository.js';
import {
  decodeNumberCursor,
  decodeTimeCursor,
  encodeNumberCursor,
  encodeTimeCursor,
} from '../listing/cursor.js';
import { ConversationErasureService } from '../../memory/erasure/conversation-erasure.service.js';
import { type MessageDto, type MessagePage, type MessageQuery, toMessageDto } from './message.dto.js';
import { MessageListingRepository } from './message-listing.repository.js';
import { OperatorMessagesService } from './operator-messages.service.js';
import { pageOf } from '../listing/page.js';
import { toToolRules } from '../people/tool-rules.dto.js';
import { TranscriptService } from './transcript.service.js';

/** An operator's actions on conversations. */
@Injectable()
export class ConversationsService {
  constructor(
    private readonly records: ConversationRecordsRepository,
    private readonly listing: ConversationListingRepository,
    private readonly history: MessageListingRepository,
    private readonly transcripts: TranscriptService,
    private readonly erasure: ConversationErasureService,
    private readonly operatorMessages: OperatorMessagesService,
    private readonly waker: LaneWaker,
    private readonly models: ModelSettings,
    private readonly budget: BudgetSettings,
  ) {}

  /** A page of a search may hold fewer than `limit`, even none, and still have a next one. */
  async list({ limit, cursor, search, status }: ConversationQuery): Promise<ConversationPage> {
    const after = cursor === undefined ? null : decodeTimeCursor(cursor);
    const filter = { status: status ?? null, search: search === undefined || search === '' ? null : search };
    const rows = await this.listing.rows(filter, after, limit + 1);
    const page = pageOf(rows, limit, toConversationDto, encodeTimeCursor);
    const seenAll = page.nextCursor !== null || (filter.status === null && filter.search === null);
    const end = seenAll ? null : await this.listing.endOfScan(after);
    return end === null ? page : { ...page, nextCursor: encodeTimeCursor(end) };
  }

  async get(id: string): Promise<ConversationDetailDto> {
    return toConversationDetailDto(await this.findOrFail(id));
  }

  /**
   * A pause, another model or prompt, other tools and a check take effect with the next turn; a block with the end of
   * the turn under way, which is then not answered; a busy mode with the next message. Waiting messages are checked
   * again: claimed, or dropped.
   */
  async change(id: string, { tools, ...others }: ConversationChange): Promise<ConversationDetailDto> {
    const { status, model, systemPrompt, busyMode, outputCheck, answersAll, contextMessages } = others;
    const listening = { answersAll, contextMessages };
    const rules = tools && toToolRules(tools);
    const change = { status, model, systemPrompt, busyMode, tools: rules, outputCheck, ...listening };
    if (Object.values(change).every((value) => value === undefined)) {
      throw new BadRequestException(`name at least one of ${Object.keys(change).join(', ')}`);
    }
    if (typeof model === 'string') this.assertUsable(model);
    const changed = await this.records.change(id, change);
    if (!changed) throw unknown();
    const newOrder = status !== undefined || busyMode !== undefined;
    if (newOrder && changed.status !== 'paused') this.waker.wake('turns', id);
    return toConversationDetailDto(changed);
  }

  async erase(id: string): Promise<void> {
    if (!(await this.erasure.erase(id))) throw unknown();
  }

  async messages(id: string, { limit, cursor, order }: MessageQuery): Promise<MessagePage> {
    const after = cursor === undefined ? null : decodeNumberCursor(cursor);
    await this.findOrFail(id);
    const rows = await this.history.rows(id, after, order, limit + 1);
    return pageOf(rows, limit, toMessageDto, (row) => encodeNumberCursor(row.id));
  }

  say(id: string, text: string, idempotencyKey: string | null): Promise<MessageDto> {
    return this.operatorMessages.say(id, text, idempotencyKey);
  }

  async export(id: string): Promise<StreamableFile> {
    return this.transcripts.download(await this.findOrFail(id));
  }

  private assertUsable(model: string): void {
    if (!modelTarget(model, this.models.providers)) {
      throw new BadRequestException('model is of a provider that OPENAI_PROVIDERS does not have');
    }
    if (this.budget.countsMoney && !priceOf(this.budget.prices, modelNameOf(model))) {
      throw new BadRequestException('model has no price in MODEL_PRICES, so no budget in dollars could hold');
    }
  }

  private async findOrFail(id: string): Promise<Conversation> {
    const conversation = await this.records.find(id);
    if (!conversation) throw unknown();
    return conversation;
  }
}

function unknown(): NotFoundException {
  return new NotFoundException('There is no conversation with this id');
}

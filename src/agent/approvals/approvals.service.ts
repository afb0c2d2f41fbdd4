import { Injectable, Logger } from '@nestjs/common';
import { ChatId, NO_THREAD } from '../../channel/ids.js';
import { AccessPolicy } from '../../access/access-policy.js';
import type { PersonOfChannel } from '../../access/access-grant.repository.js';
import type { Rights } from '../../channel/capabilities.js';
import type { Received } from '../../channel/channel.js';
import type { ChatDescription, Press } from '../../channel/inbound.js';
import { ToolSettings } from '../tools/tool.settings.js';
import { PrismaService } from '../../platform/database/prisma.service.js';
import { shortTransaction } from '../../platform/database/short-transaction.js';
import { messageOf } from '../../platform/errors/errors.js';
import type { Approval, Conversation, Prisma, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { eachAlone } from '../../platform/runtime/each-alone.js';
import { Ids } from '../../platform/runtime/ids.js';
import { i18nFor } from '../../platform/i18n/i18n-for.js';
import { ApprovalRepository, type NewApproval, type PlacedApproval } from './approval.repository.js';
import { type Decider, type Decision, readChoice } from './approval-words.js';

const EXPIRED_AT_ONCE = 100;

/** The outcome of a press. */
export interface Pressed {
  /** For the presser. */
  readonly words: string;
  /** The conversation whose turn can go on; null: none. */
  readonly conversationId: string | null;
}

/** Asks people about tool calls, and handles the decisions: by a button, the admin API, or time. */
@Injectable()
export class ApprovalsService {
  private readonly logger = new Logger(ApprovalsService.name);

  constructor(
    private readonly repository: ApprovalRepository,
    private readonly prisma: PrismaService,
    private readonly conversations: ConversationRepository,
    private readonly settings: ToolSettings,
    private readonly ids: Ids,
    private readonly accessPolicy: AccessPolicy,
  ) {}

  /**
   * Parks the turn until these calls are decided.
   * @param languageCode of the person whose message led to them
   * @throws LeaseLostError
   */
  async ask(
    lease: Lease,
    conversation: Conversation,
    turn: Turn,
    calls: readonly Omit<NewApproval, 'id'>[],
    languageCode: string | null,
  ): Promise<void> {
    const approvals = calls.map((call) => ({ ...call, id: this.ids.next() }));
    const askIn = await this.whereToAsk(conversation);
    const timeoutMs = this.settings.approvalTimeoutMinutes * 60_000;
    const byAdmins =
      this.settings.approvalUsers.length === 0 && calls.some(({ askedBy }) => askedBy === null);
    const judge = byAdmins ? 'admins' : 'asker';
    await this.repository.park(lease, { turn, approvals, askIn, judge, languageCode, timeoutMs });
  }

  /** Decides a button press, in the caller's transaction: the presser must be allowed to, and in time. */
  async press(
    tx: Prisma.TransactionClient,
    press: Press,
    { channel, chat, sender }: Received,
    rights: Rights,
  ): Promise<Pressed> {
    const i18n = i18nFor(sender?.languageCode).approvals;
    const choice = readChoice(press.data);
    // A button's data can be made up, and an approver at one bot is not one at another.
    const approval = choice && (await this.repository.findIn(tx, channel, choice.id));
    if (!choice || !sender) return { words: '', conversationId: null };
    // Erased with its conversation: a press on a remaining button must not wait for anything.
    if (!approval) return { words: i18n.decidedAlready, conversationId: null };
    const person = { channel, userId: sender.userId };
    if (!(await this.mayDecide(tx, approval, person, isForAdmins(approval, chat) && rights === 'admin')))
      return { words: i18n.notYours, conversationId: null };
    if (
      choice.decision === 'approved' &&
      !(await this.repository.isShown(tx, choice.id, { channel, ...chat }))
    )
      return { words: i18n.notShown, conversationId: null };
    const name = [sender.firstName, sender.lastName].filter(Boolean).join(' ');
    const by = { key: `${channel}:${sender.userId}`, name };
    const decided = await this.decide(tx, choice.id, choice.decision, by);
    if (!decided) return { words: i18n.decidedAlready, conversationId: null };
    return { words: i18n.decided, conversationId: approval.conversationId };
  }

  /**
   * Decides for an operator, as a button press does.
   * @param reason why it was denied, for the model
   * @returns the conversation whose turn can go on; null if it is decided already, or there is no such approval
   */
  async decideAsOperator(
    id: string,
    decision: 'approved' | 'denied',
    reason: string | null,
  ): Promise<string | null> {
    const by = { key: 'admin', name: null };
    const decided = await this.prisma.$transaction((tx) => this.decide(tx, id, decision, by, reason));
    return decided?.conversationId ?? null;
  }

  /** Ends undecided approvals past their time; locked ones are left to the next pass. @returns how many */
  async expireOverdue(): Promise<number> {
    const overdue = await this.repository.overdue(EXPIRED_AT_ONCE);
    const expired = await eachAlone(
      overdue,
      (id) => shortTransaction(this.prisma, (tx) => this.decide(tx, id, 'expired', null)),
      (approvalId, error) =>
        this.logger.warn({ msg: 'approval not expired', approvalId, error: messageOf(error) }),
    );
    return expired.length;
  }

  private async decide(
    tx: Prisma.TransactionClient,
    id: string,
    decision: Decision,
    by: Decider | null,
    reason: string | null = null,
  ): Promise<Approval | null> {
    const approval = await this.repository.decide(tx, id, decision, by, reason);
    if (approval) {
      const { conversationId, turnId, tool } = approval;
      this.logger.log({
        msg: 'approval decided',
        conversationId,
        turnId,
        tool,
        decision,
        by: by?.key ?? null,
      });
    }
    return approval;
  }

  /**
   * The named approvers; if there are none, the asker, and owners and admins.
   * @param isTheirs whether an admin of the chat
   */
  private async mayDecide(
    tx: Prisma.TransactionClient,
    { askedBy }: Approval,
    person: PersonOfChannel,
    isTheirs: boolean,
  ): Promise<boolean> {
    const { approvalUsers } = this.settings;
    if (approvalUsers.length > 0) return approvalUsers.includes(person.userId);
    return isTheirs || askedBy === person.userId || (await this.accessPolicy.decides(person, tx));
  }

  /** The private chats of the approvers, or the chat of the request. */
  private async whereToAsk(conversation: Conversation): Promise<readonly string[]> {
    const { approvalUsers } = this.settings;
    if (approvalUsers.length === 0) return [conversation.id];
    const chats = approvalUsers.map((user) => ({
      channel: conversation.channel,
      chat: {
        chatId: ChatId(user),
        threadId: NO_THREAD,
        via: null,
        type: 'private',
        title: null,
        username: null,
      },
    }));
    const ids = await this.conversations.resolve(chats);
    return ids.filter((id) => id !== undefined);
  }
}

/**
 * Whether the admins of this chat decide. A request as an anonymous admin was in the chat's name, but the admin presses
 * in their own; and the chat's admins answer for a call that several of its people led to.
 */
function isForAdmins({ askedBy, conversation }: PlacedApproval, { chatId, type }: ChatDescription): boolean {
  if (askedBy === null) return conversation.chatId === chatId && type !== 'private';
  return askedBy === chatId;
}

import { Injectable, Logger } from '@nestjs/common';
import { Doorkeeper } from '../../access/doorkeeper.js';
import type { PersonOfChannel } from '../../access/standing.repository.js';
import type { Received, Rights } from '../../channel/channel.js';
import type { ChatDescription, Press } from '../../channel/inbound.js';
import { ToolSettings } from '../../config/tool.settings.js';
import { PrismaService } from '../../database/prisma.service.js';
import { shortTransaction } from '../../database/short-transaction.js';
import { messageOf } from '../../errors/errors.js';
import type { Approval, Conversation, Prisma, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { eachAlone } from '../../runtime/each-alone.js';
import { Ids } from '../../runtime/ids.js';
import { textsFor } from '../../texts/texts-for.js';
import { ApprovalRepository, type NewApproval, type PlacedApproval } from './approval.repository.js';
import { type Decider, type Decision, readChoice } from './approval-words.js';

const EXPIRED_AT_ONCE = 100;

/** What a press came to. */
export interface Pressed {
  /** For who pressed. */
  readonly words: string;
  /** The conversation whose turn can go on; null: none. */
  readonly conversationId: string | null;
}

/** Asks people about tool calls, and takes their answers: of a button, of the admin API, or of time. */
@Injectable()
export class Approvals {
  private readonly logger = new Logger(Approvals.name);

  constructor(
    private readonly repository: ApprovalRepository,
    private readonly prisma: PrismaService,
    private readonly conversations: ConversationRepository,
    private readonly settings: ToolSettings,
    private readonly ids: Ids,
    private readonly doorkeeper: Doorkeeper,
  ) {}

  /**
   * Parks the turn until these calls are decided.
   * @param languageCode of who asked for what led to them
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

  /** A button was pressed: by whom, once, in time? In the caller's transaction. */
  async press(
    tx: Prisma.TransactionClient,
    press: Press,
    { channel, chat, sender }: Received,
    rights: Rights,
  ): Promise<Pressed> {
    const texts = textsFor(sender?.languageCode).approvals;
    const choice = readChoice(press.data);
    // What a button carries can be made up, and who decides at one bot does not at another.
    const approval = choice && (await this.repository.findIn(tx, channel, choice.id));
    if (!choice || !sender) return { words: '', conversationId: null };
    // Erased with its conversation: who presses what still stands there must not wait for something to happen.
    if (!approval) return { words: texts.decidedAlready, conversationId: null };
    const person = { channel, userId: sender.userId };
    if (!(await this.mayDecide(tx, approval, person, isForAdmins(approval, chat) && rights === 'admin')))
      return { words: texts.notYours, conversationId: null };
    if (
      choice.decision === 'approved' &&
      !(await this.repository.isShown(tx, choice.id, { channel, ...chat }))
    )
      return { words: texts.notShown, conversationId: null };
    const name = [sender.firstName, sender.lastName].filter(Boolean).join(' ');
    const by = { key: `${channel}:${sender.userId}`, name };
    const decided = await this.decide(tx, choice.id, choice.decision, by);
    if (!decided) return { words: texts.decidedAlready, conversationId: null };
    return { words: texts.decided, conversationId: approval.conversationId };
  }

  /**
   * An operator decides, as a press of a button does.
   * @param reason why it was denied, for the model
   * @returns the conversation whose turn can go on; null where it is decided already, or there is no such approval
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

  /** Ends those that nobody decided in time; those that somebody holds are left to the next pass. @returns how many */
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

  /** Those who are named; where nobody is, whoever asked, and owners and admins. @param isTheirs as an admin of the chat */
  private async mayDecide(
    tx: Prisma.TransactionClient,
    { askedBy }: Approval,
    person: PersonOfChannel,
    isTheirs: boolean,
  ): Promise<boolean> {
    const { approvalUsers } = this.settings;
    if (approvalUsers.length > 0) return approvalUsers.includes(person.userId.toString());
    return isTheirs || askedBy === person.userId || (await this.doorkeeper.decides(person, tx));
  }

  /** The private chats of the approvers, or where it was asked for. */
  private async whereToAsk(conversation: Conversation): Promise<readonly string[]> {
    const { approvalUsers } = this.settings;
    if (approvalUsers.length === 0) return [conversation.id];
    const chats = approvalUsers.map((user) => ({
      channel: conversation.channel,
      chat: { chatId: BigInt(user), threadId: 0n, via: null, type: 'private', title: null, username: null },
    }));
    const ids = await this.conversations.resolve(chats);
    return ids.filter((id) => id !== undefined);
  }
}

/**
 * Is it for the admins of this chat to decide? Who asked as an anonymous admin did so in its name, and presses in their own;
 * and who runs a group answers for what several people in it have led to together.
 */
function isForAdmins({ askedBy, conversation }: PlacedApproval, { chatId, type }: ChatDescription): boolean {
  if (askedBy === null) return conversation.chatId === chatId && type !== 'private';
  return askedBy === chatId;
}

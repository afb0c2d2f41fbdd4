import { Injectable, Logger } from '@nestjs/common';
import type { Received } from '../channel/channel.js';
import { ChatId, UserId } from '../channel/ids.js';
import type { Press } from '../channel/inbound.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { Outbox } from '../delivery/outbox.js';
import type { Pairing, Prisma } from '../generated/prisma/client.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import { PersonRepository } from '../memory/person.repository.js';
import { i18nFor } from '../platform/i18n/i18n-for.js';
import type { QuestionEnding, I18n } from '../platform/i18n/i18n.js';
import { AccessPolicy, type Origin } from './access-policy.js';
import { decideAnswer } from './pairing-decision.js';
import { type PairingEnd, PairingRepository } from './pairing.repository.js';
import { pairingOutcome, readPairingChoice, type PairingVerdict } from './pairing-words.js';
import { AccessGrantRepository } from './access-grant.repository.js';

type Tx = Prisma.TransactionClient;

/** The person or key that decides a request. */
export interface PairingDecider {
  /** The stored name of the decider. */
  readonly key: string;
  /** The shown name of the decider; null: the operator. */
  readonly name: string | null;
}

/** The outcome of a button press. */
export interface PairingPress {
  /** The answer to the presser. */
  readonly words: string;
  /** The conversation that is notified of the decision; null: there is none. */
  readonly conversationId: string | null;
}

/** Access requests: a code for the asker, a decision of an owner, an admin or an operator. */
@Injectable()
export class PairingsService {
  private readonly logger = new Logger(PairingsService.name);

  constructor(
    private readonly repository: PairingRepository,
    private readonly grants: AccessGrantRepository,
    private readonly accessPolicy: AccessPolicy,
    private readonly prisma: PrismaService,
    private readonly conversations: ConversationRepository,
    private readonly people: PersonRepository,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Answers a person without access: with their code, repeated seldom, and nothing else. In the caller's transaction.
   * @returns true if there is a reply to send
   */
  async request(tx: Tx, conversationId: string, origin: Origin): Promise<boolean> {
    await this.repository.lock(tx, conversationId);
    const { channel, chat, sender } = origin;
    const latest = await this.repository.latest(tx, channel, chat.chatId);
    // Access was granted since the message was evaluated.
    if (latest?.state === 'approved' && (await this.accessPolicy.evaluate(origin, tx)) === 'serve')
      return false;
    const { pairing, refusal } = i18nFor(sender?.languageCode);
    const [words, refused] =
      chat.type !== 'private' ? [pairing.groupCode, refusal.group] : [pairing.code, refusal.person];
    switch (decideAnswer(latest, await this.repository.countOpen(tx, channel, sender))) {
      case 'quiet':
        return false;
      case 'full': {
        const first = await this.conversations.markRefusalNotified(tx, conversationId);
        if (first) await this.outbox.add(tx, { conversationId, text: refused(chat.chatId) });
        return first;
      }
      case 'repeat': {
        if (latest) await this.repository.markNotified(tx, latest.id);
        await this.outbox.add(tx, { conversationId, text: words(latest?.code ?? '') });
        return true;
      }
      case 'new': {
        // The questions about the last request end.
        if (latest?.overdue) await this.decideWithin(tx, latest.id, 'expired', null);
        const code = await this.repository.open(tx, { channel, conversationId, chat, sender });
        // Behind the request, in the lock order of a decision.
        if (sender) await this.people.remember(tx, channel, sender);
        await this.outbox.add(tx, { conversationId, text: words(code) });
        this.logger.log({ msg: 'pairing requested', conversationId });
        return true;
      }
    }
  }

  /**
   * Handles a button press: checks the presser, the first decision and the time. In the caller's transaction. @returns
   * null for a button of another kind
   */
  async press(
    tx: Tx,
    press: Press,
    { channel, sender }: Pick<Received, 'channel' | 'sender'>,
  ): Promise<PairingPress | null> {
    const choice = readPairingChoice(press.data);
    if (!choice) return null;
    const { approvals } = i18nFor(sender?.languageCode);
    if (!sender || !(await this.accessPolicy.decides({ channel, userId: sender.userId }, tx)))
      return { words: approvals.notYours, conversationId: null };
    const name = [sender.firstName, sender.lastName].filter(Boolean).join(' ');
    const by = { key: `${channel}:${sender.userId}`, name };
    // A button's data can be forged, and the decider of one bot is not another's.
    const isHere = await this.repository.isOf(tx, choice.id, channel);
    const decided = isHere && (await this.decideWithin(tx, choice.id, choice.verdict, by));
    return decided
      ? { words: approvals.decided, conversationId: decided.conversationId }
      : { words: approvals.decidedAlready, conversationId: null };
  }

  /** @returns the decided request; null if it is decided already, has expired, or does not exist */
  async decide(id: string, verdict: PairingVerdict, by: PairingDecider): Promise<Pairing | null> {
    return await this.prisma.$transaction((tx) => this.decideWithin(tx, id, verdict, by));
  }

  /** Locks a person's open request before a change that a decision makes too, so that the two cannot deadlock. */
  async hold(tx: Tx, channel: string, userId: UserId): Promise<void> {
    await this.repository.hold(tx, { channel, chatId: ChatId(userId) });
  }

  /**
   * Closes the open request of a person who was granted access or blocked in another way. In the caller's transaction.
   */
  async closeOpenRequest(
    tx: Tx,
    channel: string,
    userId: UserId,
    verdict: PairingVerdict,
    by: PairingDecider,
  ): Promise<void> {
    const id = await this.repository.openOf(tx, channel, ChatId(userId));
    if (id !== null) await this.decideWithin(tx, id, verdict, by);
  }

  /**
   * Commits the decision, its effect, and the notices in all chats concerned together: of several presses and commands,
   * the first one counts.
   */
  async decideWithin(
    tx: Tx,
    id: string,
    end: PairingEnd,
    by: PairingDecider | null,
  ): Promise<Pairing | null> {
    const decided = await this.repository.decide(tx, id, end, by?.key ?? null);
    if (!decided) return null;
    if (end === 'approved') await this.admit(tx, decided);
    if (end !== 'expired') await this.tell(tx, decided, end);
    await this.answerQuestions(tx, decided, end, by);
    const { conversationId } = decided;
    this.logger.log({ msg: 'pairing decided', conversationId, decision: end, by: by?.key ?? null });
    return decided;
  }

  private async admit(tx: Tx, { channel, chatId, ofGroup }: Pairing): Promise<void> {
    if (ofGroup) await this.grants.admitChat(tx, channel, ChatId(chatId));
    else await this.grants.admitPerson(tx, { channel, userId: UserId(chatId) });
  }

  /** Notifies the asker, unless blocked. */
  private async tell(
    tx: Tx,
    { conversationId, languageCode, ofGroup }: Pairing,
    verdict: PairingVerdict,
  ): Promise<void> {
    if (await this.conversations.isBlocked(tx, conversationId)) return;
    const { pairing } = i18nFor(languageCode);
    const welcome = ofGroup ? pairing.groupWelcome : pairing.welcome;
    await this.outbox.add(tx, { conversationId, text: verdict === 'approved' ? welcome : pairing.denied });
  }

  private async answerQuestions(
    tx: Tx,
    pairing: Pairing,
    ending: QuestionEnding,
    by: PairingDecider | null,
  ): Promise<void> {
    await this.outbox.answerQuestion(tx, pairing.id, async (conversationId) => {
      const i18n = await this.textsIn(tx, conversationId);
      const name = by && (by.name ?? i18n.approvals.operator);
      return { whole: pairingOutcome(pairing, ending, name, i18n) };
    });
  }

  private async textsIn(tx: Tx, conversationId: string): Promise<I18n> {
    return i18nFor(await this.people.languageIn(tx, conversationId));
  }
}

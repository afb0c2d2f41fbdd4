import { Injectable, Logger } from '@nestjs/common';
import type { Received } from '../channel/channel.js';
import type { Press } from '../channel/inbound.js';
import { PrismaService } from '../database/prisma.service.js';
import { Outbox } from '../delivery/outbox.js';
import type { Pairing, Prisma } from '../generated/prisma/client.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import { PersonRepository } from '../memory/person.repository.js';
import { textsFor } from '../texts/texts-for.js';
import type { QuestionEnding, Texts } from '../texts/texts.js';
import { Doorkeeper, type Origin } from './doorkeeper.js';
import { decideAnswer } from './pairing-decision.js';
import { type PairingEnd, PairingRepository } from './pairing.repository.js';
import { isOfGroup, pairingOutcome, readPairingChoice, type Verdict } from './pairing-words.js';
import { StandingRepository } from './standing.repository.js';

type Tx = Prisma.TransactionClient;

/** Who decides. */
export interface PairingDecider {
  /** For the record. */
  readonly key: string;
  /** For people to read; null: the operator. */
  readonly name: string | null;
}

/** What a press of a button came to. */
export interface PairingPress {
  /** For who pressed. */
  readonly words: string;
  /** The conversation that is told what was decided; null: nothing was. */
  readonly conversationId: string | null;
}

/** Requests to be let in: a code for who asks, a decision of an owner, an admin or an operator. */
@Injectable()
export class Pairings {
  private readonly logger = new Logger(Pairings.name);

  constructor(
    private readonly repository: PairingRepository,
    private readonly standings: StandingRepository,
    private readonly doorkeeper: Doorkeeper,
    private readonly prisma: PrismaService,
    private readonly conversations: ConversationRepository,
    private readonly people: PersonRepository,
    private readonly outbox: Outbox,
  ) {}

  /**
   * Somebody who is not let in has written: tells them their code, seldom again, and nothing else. In the caller's
   * transaction.
   * @returns whether there is something to send
   */
  async request(tx: Tx, conversationId: string, origin: Origin): Promise<boolean> {
    await this.repository.lock(tx, conversationId);
    const { channel, chat, sender } = origin;
    const latest = await this.repository.latest(tx, channel, chat.chatId);
    // Let in since the message was looked at.
    if (latest?.state === 'approved' && (await this.doorkeeper.verdictOn(origin, tx)) === 'serve')
      return false;
    const { pairing, refusal } = textsFor(sender?.languageCode);
    const [words, refused] = isOfGroup(chat)
      ? [pairing.groupCode, refusal.group]
      : [pairing.code, refusal.person];
    switch (decideAnswer(latest, await this.repository.countOpen(tx, channel, sender))) {
      case 'quiet':
        return false;
      case 'full': {
        const first = await this.conversations.markRefusalTold(tx, conversationId);
        if (first) await this.outbox.add(tx, { conversationId, text: refused(chat.chatId.toString()) });
        return first;
      }
      case 'repeat': {
        if (latest) await this.repository.markTold(tx, latest.id);
        await this.outbox.add(tx, { conversationId, text: words(latest?.code ?? '') });
        return true;
      }
      case 'new': {
        // The questions about the last one end.
        if (latest?.overdue) await this.decideWithin(tx, latest.id, 'expired', null);
        const code = await this.repository.open(tx, { channel, conversationId, chat, sender });
        // Behind the request, as the decision about the last one has them.
        if (sender) await this.people.remember(tx, channel, sender);
        await this.outbox.add(tx, { conversationId, text: words(code) });
        this.logger.log({ msg: 'pairing requested', conversationId });
        return true;
      }
    }
  }

  /** A button was pressed: by whom, once, in time? In the caller's transaction. @returns null for a button of another kind */
  async press(
    tx: Tx,
    press: Press,
    { channel, sender }: Pick<Received, 'channel' | 'sender'>,
  ): Promise<PairingPress | null> {
    const choice = readPairingChoice(press.data);
    if (!choice) return null;
    const { approvals } = textsFor(sender?.languageCode);
    if (!sender || !(await this.doorkeeper.decides({ channel, userId: sender.userId }, tx)))
      return { words: approvals.notYours, conversationId: null };
    const name = [sender.firstName, sender.lastName].filter(Boolean).join(' ');
    const by = { key: `${channel}:${sender.userId}`, name };
    // What a button carries can be made up, and who decides at one bot does not at another.
    const isHere = await this.repository.isOf(tx, choice.id, channel);
    const decided = isHere && (await this.decideWithin(tx, choice.id, choice.verdict, by));
    return decided
      ? { words: approvals.decided, conversationId: decided.conversationId }
      : { words: approvals.decidedAlready, conversationId: null };
  }

  /** @returns the decided request; null where it is decided already, its time is over, or there is none */
  async decide(id: string, verdict: Verdict, by: PairingDecider): Promise<Pairing | null> {
    return await this.prisma.$transaction((tx) => this.decideWithin(tx, id, verdict, by));
  }

  /** Before anything about a person is changed that a decision changes too: so none waits for the other. */
  async hold(tx: Tx, channel: string, userId: bigint): Promise<void> {
    await this.repository.hold(tx, { channel, chatId: userId });
  }

  /** Who is let in or blocked in another way does not have to ask any more. In the caller's transaction. */
  async settle(tx: Tx, channel: string, userId: bigint, verdict: Verdict, by: PairingDecider): Promise<void> {
    const id = await this.repository.openOf(tx, channel, userId);
    if (id !== null) await this.decideWithin(tx, id, verdict, by);
  }

  /**
   * The decision, its effect, and the words about it in all chats that have to know are one commit: of any number of
   * presses and commands the first has it.
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

  private async admit(tx: Tx, { channel, chatId }: Pairing): Promise<void> {
    if (isOfGroup({ chatId })) await this.standings.admitChat(tx, channel, chatId);
    else await this.standings.admitPerson(tx, { channel, userId: chatId });
  }

  /** Silent towards who is blocked. */
  private async tell(
    tx: Tx,
    { conversationId, languageCode, chatId }: Pairing,
    verdict: Verdict,
  ): Promise<void> {
    if (await this.conversations.isBlocked(tx, conversationId)) return;
    const { pairing } = textsFor(languageCode);
    const welcome = isOfGroup({ chatId }) ? pairing.groupWelcome : pairing.welcome;
    await this.outbox.add(tx, { conversationId, text: verdict === 'approved' ? welcome : pairing.denied });
  }

  private async answerQuestions(
    tx: Tx,
    pairing: Pairing,
    ending: QuestionEnding,
    by: PairingDecider | null,
  ): Promise<void> {
    await this.outbox.answerQuestion(tx, pairing.id, async (conversationId) => {
      const texts = await this.textsIn(tx, conversationId);
      const name = by && (by.name ?? texts.approvals.operator);
      return { whole: pairingOutcome(pairing, ending, name, texts) };
    });
  }

  private async textsIn(tx: Tx, conversationId: string): Promise<Texts> {
    return textsFor(await this.people.languageIn(tx, conversationId));
  }
}

import { Injectable, Logger } from '@nestjs/common';
import { AccessSettings } from '../channel/access.settings.js';
import { ChatId, NO_THREAD, UserId } from '../channel/ids.js';
import { PrismaService } from '../platform/database/prisma.service.js';
import { shortTransaction } from '../platform/database/short-transaction.js';
import { Outbox } from '../delivery/outbox.js';
import { messageOf } from '../platform/errors/errors.js';
import type { Pairing, Prisma } from '../generated/prisma/client.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import { PersonRepository } from '../memory/person.repository.js';
import { eachAlone } from '../platform/runtime/each-alone.js';
import { i18nFor } from '../platform/i18n/i18n-for.js';
import { PairingRepository } from './pairing.repository.js';
import { pairingChoices, pairingQuestion } from './pairing-words.js';
import { PairingsService } from './pairings.service.js';
import { AccessGrantRepository } from './access-grant.repository.js';

/** The limit of one pass; the next one continues. */
const BATCH = 50;
/** The limit of owners and admins who are asked; others see the requests in the admin API. */
const MAX_ASKED = 20;

/** Asks owners and admins about requests, each in their private chat, and expires undecided requests. */
@Injectable()
export class PairingQuestions {
  private readonly logger = new Logger(PairingQuestions.name);

  constructor(
    private readonly repository: PairingRepository,
    private readonly pairings: PairingsService,
    private readonly grants: AccessGrantRepository,
    private readonly prisma: PrismaService,
    private readonly conversations: ConversationRepository,
    private readonly people: PersonRepository,
    private readonly outbox: Outbox,
    private readonly settings: AccessSettings,
  ) {}

  /** Runs one pass. @returns the conversations with replies to send */
  async run(): Promise<readonly string[]> {
    await eachAlone(
      await this.repository.overdue(BATCH),
      (id) => shortTransaction(this.prisma, (tx) => this.pairings.decideWithin(tx, id, 'expired', null)),
      (pairingId, error) =>
        this.logger.warn({ msg: 'pairing not expired', pairingId, error: messageOf(error) }),
    );
    const notified = await eachAlone(
      await this.repository.unasked(BATCH),
      (pairing) => this.ask(pairing),
      ({ conversationId }, error) =>
        this.logger.error({ msg: 'nobody asked about a pairing', conversationId, error: messageOf(error) }),
    );
    return notified.flat();
  }

  private async ask(pairing: Pairing): Promise<readonly string[]> {
    const askIn = await this.whereToAsk(pairing.channel);
    // A new owner or admin is asked while the request is open.
    if (askIn.length === 0) return [];
    return await shortTransaction(this.prisma, async (tx) => {
      // Conversations before the request, in the lock order.
      await this.conversations.keep(tx, [pairing.conversationId, ...askIn]);
      if (!(await this.repository.markAsked(tx, pairing.id))) return [];
      for (const conversationId of askIn) await this.askIn(tx, conversationId, pairing);
      return askIn;
    });
  }

  private async askIn(tx: Prisma.TransactionClient, conversationId: string, pairing: Pairing): Promise<void> {
    const i18n = i18nFor(await this.people.languageIn(tx, conversationId));
    await this.outbox.ask(tx, {
      conversationId,
      text: { whole: pairingQuestion(pairing, i18n) },
      questionId: pairing.id,
      choices: pairingChoices(pairing.id, i18n),
      withoutButtons: i18n.pairing.byOperator(pairing.code),
    });
  }

  /** The private chats of owners and admins. */
  private async whereToAsk(channel: string): Promise<readonly string[]> {
    const named = this.settings.owners.map(UserId);
    const users = new Set([...named, ...(await this.grants.deciders(channel, MAX_ASKED))]);
    if (users.size === 0) return [];
    const chats = [...users].slice(0, MAX_ASKED).map((userId) => ({
      channel,
      chat: {
        chatId: ChatId(userId),
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

import { Injectable, Logger } from '@nestjs/common';
import { AccessSettings } from '../config/access.settings.js';
import { PrismaService } from '../database/prisma.service.js';
import { shortTransaction } from '../database/short-transaction.js';
import { Outbox } from '../delivery/outbox.js';
import { messageOf } from '../errors/errors.js';
import type { Pairing, Prisma } from '../generated/prisma/client.js';
import { ConversationRepository } from '../memory/conversation.repository.js';
import { PersonRepository } from '../memory/person.repository.js';
import { eachAlone } from '../runtime/each-alone.js';
import { textsFor } from '../texts/texts-for.js';
import { PairingRepository } from './pairing.repository.js';
import { pairingChoices, pairingQuestion } from './pairing-words.js';
import { Pairings } from './pairings.service.js';
import { StandingRepository } from './standing.repository.js';

/** In one pass; the next goes on. */
const BATCH = 50;
/** Owners and admins who are asked; of a longer list the others see the requests in the admin API. */
const MAX_ASKED = 20;

/** Asks owners and admins about requests, each in their private chat, and ends requests that nobody decides. */
@Injectable()
export class PairingQuestions {
  private readonly logger = new Logger(PairingQuestions.name);

  constructor(
    private readonly repository: PairingRepository,
    private readonly pairings: Pairings,
    private readonly standings: StandingRepository,
    private readonly prisma: PrismaService,
    private readonly conversations: ConversationRepository,
    private readonly people: PersonRepository,
    private readonly outbox: Outbox,
    private readonly settings: AccessSettings,
  ) {}

  /** One pass. @returns the conversations in which something waits to be sent */
  async run(): Promise<readonly string[]> {
    await eachAlone(
      await this.repository.overdue(BATCH),
      (id) => shortTransaction(this.prisma, (tx) => this.pairings.decideWithin(tx, id, 'expired', null)),
      (pairingId, error) =>
        this.logger.warn({ msg: 'pairing not expired', pairingId, error: messageOf(error) }),
    );
    const told = await eachAlone(
      await this.repository.unasked(BATCH),
      (pairing) => this.ask(pairing),
      ({ conversationId }, error) =>
        this.logger.error({ msg: 'nobody asked about a pairing', conversationId, error: messageOf(error) }),
    );
    return told.flat();
  }

  private async ask(pairing: Pairing): Promise<readonly string[]> {
    const askIn = await this.whereToAsk(pairing.channel);
    // Whoever becomes an owner or an admin while it is open is asked then.
    if (askIn.length === 0) return [];
    return await shortTransaction(this.prisma, async (tx) => {
      // Conversations before the request, as everybody locks them.
      await this.conversations.keep(tx, [pairing.conversationId, ...askIn]);
      if (!(await this.repository.markAsked(tx, pairing.id))) return [];
      for (const conversationId of askIn) await this.askIn(tx, conversationId, pairing);
      return askIn;
    });
  }

  private async askIn(tx: Prisma.TransactionClient, conversationId: string, pairing: Pairing): Promise<void> {
    const texts = textsFor(await this.people.languageIn(tx, conversationId));
    await this.outbox.ask(tx, {
      conversationId,
      text: { whole: pairingQuestion(pairing, texts) },
      approvalId: pairing.id,
      choices: pairingChoices(pairing.id, texts),
    });
  }

  /** The private chats of those who decide. */
  private async whereToAsk(channel: string): Promise<readonly string[]> {
    const named = this.settings.owners.map(BigInt);
    const users = new Set([...named, ...(await this.standings.deciders(channel, MAX_ASKED))]);
    if (users.size === 0) return [];
    const chats = [...users].slice(0, MAX_ASKED).map((chatId) => ({
      channel,
      chat: { chatId, threadId: 0n, via: null, type: 'private', title: null, username: null },
    }));
    const ids = await this.conversations.resolve(chats);
    return ids.filter((id) => id !== undefined);
  }
}

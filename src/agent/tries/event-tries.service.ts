import { Injectable, Logger } from '@nestjs/common';
import { Doorkeeper } from '../../access/doorkeeper.js';
import { Channel, type Received } from '../../channel/channel.js';
import { PrismaService } from '../../database/prisma.service.js';
import { Outbox } from '../../delivery/outbox.js';
import { ErrorTexts } from '../../errors/error-text.js';
import { LeaseLostError, messageOf } from '../../errors/errors.js';
import { isUnreachable } from '../../errors/unreachable.js';
import type { Prisma } from '../../generated/prisma/client.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { PersonRepository } from '../../memory/person.repository.js';
import { Random } from '../../runtime/random.js';
import { textsFor } from '../../texts/texts-for.js';
import { afterEventFailure, kindOfFailure } from './event-failure.js';
import { EventTriesRepository, type FailedEvent } from './event-tries.repository.js';

/** What follows a failed try of an event. */
export interface AfterFailure {
  /** Until the next try; 0: the event has come to an end. */
  readonly waitMs: number;
  /** Somebody was told: a reply waits to be sent. */
  readonly replied: boolean;
}

/**
 * Gives every event tries and an end. One that fails is put off, the longer the more often, and what comes behind it
 * waits; at last it is a dead letter, whoever sent it is told, and the conversation goes on.
 */
@Injectable()
export class EventTries {
  private readonly logger = new Logger(EventTries.name);

  constructor(
    private readonly repository: EventTriesRepository,
    private readonly prisma: PrismaService,
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
    private readonly people: PersonRepository,
    private readonly doorkeeper: Doorkeeper,
    private readonly outbox: Outbox,
    private readonly random: Random,
    private readonly words: ErrorTexts,
  ) {}

  /**
   * Records that handling the event has failed.
   * @throws LeaseLostError, and the error itself where the database is so far away that it cannot be recorded
   */
  async failed(event: FailedEvent, error: unknown): Promise<AfterFailure> {
    if (error instanceof LeaseLostError) throw error;
    const about = {
      conversationId: event.conversationId,
      eventId: String(event.id),
      error: messageOf(error),
    };
    const failure = { kind: kindOfFailure(error), error: this.words.storable(error) };
    const decide = (tries: Parameters<typeof afterEventFailure>[1]) =>
      afterEventFailure(error, tries, this.random.next());
    const outcome = await this.repository.record(event, failure, decide).catch((second: unknown) => {
      throw isUnreachable(error) ? error : second;
    });
    switch (outcome.kind) {
      case 'settled':
        return { waitMs: 0, replied: false };
      case 'again':
        this.logger.warn({ msg: 'event put off', ...about, delayMs: outcome.delayMs });
        return { waitMs: Math.max(1, outcome.delayMs), replied: false };
      case 'dead':
        this.logger.error({ msg: 'event failed for good', ...about, code: outcome.code });
        return { waitMs: 0, replied: await this.tellAlone(event) };
    }
  }

  /** Forgets failures of events that were handled after all. */
  async forgetSettled(conversationId: string): Promise<void> {
    await this.repository.forgetSettled(conversationId);
  }

  /** Whatever kept the event from being handled may keep this from being said: the event has ended all the same. */
  private async tellAlone(event: FailedEvent): Promise<boolean> {
    try {
      return await this.tell(event);
    } catch (error) {
      const { conversationId } = event;
      this.logger.warn({ msg: 'nobody told of a failed event', conversationId, error: messageOf(error) });
      return false;
    }
  }

  private async tell(event: FailedEvent): Promise<boolean> {
    const inbound = this.readOrNull(event);
    // Nobody asked for anything: what happened in a chat, or to it.
    if (inbound?.moved || inbound?.happening) return false;
    const { conversationId } = event;
    const language =
      inbound?.sender?.languageCode ?? (await this.people.languageIn(this.prisma, conversationId));
    const text = textsFor(language).failed;
    if (inbound?.press) {
      void this.channel.answerPress(inbound.channel, inbound.press, text, never);
      return false;
    }
    return await this.prisma.$transaction(async (tx) => {
      if (!(await this.mayBeTold(tx, conversationId, inbound))) return false;
      await this.outbox.add(tx, { conversationId, text });
      return true;
    });
  }

  private async mayBeTold(
    tx: Prisma.TransactionClient,
    conversationId: string,
    inbound: Received | null,
  ): Promise<boolean> {
    if (await this.conversations.isBlocked(tx, conversationId)) return false;
    return inbound === null || (await this.doorkeeper.verdictOn(inbound, tx)) === 'serve';
  }

  private readOrNull({ source, payload }: FailedEvent): Received | null {
    try {
      return this.channel.read(source, payload);
    } catch {
      return null;
    }
  }
}

const never = new AbortController().signal;

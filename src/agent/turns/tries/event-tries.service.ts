import { Injectable, Logger } from '@nestjs/common';
import { AccessPolicy } from '../../../access/access-policy.js';
import { Channel, type Received } from '../../../channel/channel.js';
import { PrismaService } from '../../../platform/database/prisma.service.js';
import { Outbox } from '../../../delivery/outbox.js';
import { ErrorTexts } from '../../../platform/errors/error-text.js';
import { LeaseLostError, messageOf } from '../../../platform/errors/errors.js';
import { isUnreachable } from '../../../platform/errors/unreachable.js';
import type { Prisma } from '../../../generated/prisma/client.js';
import { ConversationRepository } from '../../../memory/conversation.repository.js';
import { PersonRepository } from '../../../memory/person.repository.js';
import { Random } from '../../../platform/runtime/random.js';
import { i18nFor } from '../../../platform/i18n/i18n-for.js';
import { afterEventFailure, kindOfFailure } from './event-failure.js';
import { EventTriesRepository, type FailedEvent } from './event-tries.repository.js';

/** The consequence of a failed try of an event. */
export interface AfterFailure {
  /** Milliseconds until the next try; 0: the event has ended. */
  readonly waitMs: number;
  /** A person was notified: a reply waits to be sent. */
  readonly replied: boolean;
}

/**
 * Limits the tries of every event. A failing event is put off with growing pauses, and the events behind it wait; at
 * last it becomes a dead letter, its sender is notified, and the conversation goes on.
 */
@Injectable()
export class EventTriesService {
  private readonly logger = new Logger(EventTriesService.name);

  constructor(
    private readonly repository: EventTriesRepository,
    private readonly prisma: PrismaService,
    private readonly channel: Channel,
    private readonly conversations: ConversationRepository,
    private readonly people: PersonRepository,
    private readonly accessPolicy: AccessPolicy,
    private readonly outbox: Outbox,
    private readonly random: Random,
    private readonly words: ErrorTexts,
  ) {}

  /**
   * Records a failed try of the event.
   * @throws LeaseLostError, and the error itself if the database cannot record it
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

  /** Deletes the failures of events that were handled after all. */
  async forgetSettled(conversationId: string): Promise<void> {
    await this.repository.forgetSettled(conversationId);
  }

  /**
   * Notifies separately: the cause of the failure may also prevent the notice, and the event has ended all the same.
   */
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
    if (inbound && isUnasked(inbound)) return false;
    const { conversationId } = event;
    const language =
      inbound?.sender?.languageCode ?? (await this.people.languageIn(this.prisma, conversationId));
    const text = i18nFor(language).failed;
    if (inbound?.kind === 'press') {
      void this.channel.buttons?.answerPress(inbound.channel, inbound.press, text, never);
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
    return inbound === null || (await this.accessPolicy.evaluate(inbound, tx)) === 'serve';
  }

  private readOrNull({ source, payload }: FailedEvent): Received | null {
    try {
      return this.channel.read(source, payload);
    } catch {
      return null;
    }
  }
}

/** True for an event that asks for no answer: it happened in a chat, or to it. */
const isUnasked = ({ kind }: Received): boolean =>
  kind === 'reaction' || kind === 'membership' || kind === 'migration';

const never = new AbortController().signal;

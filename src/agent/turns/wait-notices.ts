import { Injectable, Logger } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import { Channel } from '../../channel/channel.js';
import { ChatLimitSettings } from '../../platform/throttling/chat-limit.settings.js';
import { FloodGate } from '../../delivery/flood/flood-gate.js';
import { WaitNoticeRepository } from '../../delivery/wait-notice.repository.js';
import type { Conversation } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { LeaseHolder } from '../../queue/lease/lease-holder.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { isByPerson } from '../../channel/event-source.js';
import { roughTime } from '../../platform/i18n/rough-time.js';
import { i18nFor } from '../../platform/i18n/i18n-for.js';
import { EventReader } from './event-reader.js';
import { type Candidate, LaneStateRepository } from './lane-state.repository.js';
import { AccessFilter } from './access-filter.js';

/** The shortest wait that is worth a notice. */
export const WORTH_TELLING_MS = 5_000;
/** The time limit of a notice; the lane waits meanwhile. */
const SEND_TIMEOUT_MS = 5_000;
/** Messages searched for one that a person wrote. */
const LOOKED_AT = 20;

/** The wait of a chat. */
export interface Wait {
  /** The place among all waiting chats; null: it waits for no other. */
  readonly position: number | null;
  readonly waitMs: number;
}

/**
 * Notifies a chat of its waiting time: once for each waiting message, in a message that the answer replaces. Best
 * effort: the answer does not depend on it.
 */
@Injectable()
export class WaitNotices {
  private readonly logger = new Logger(WaitNotices.name);

  constructor(
    private readonly channel: Channel,
    private readonly notices: WaitNoticeRepository,
    private readonly conversations: ConversationRepository,
    private readonly laneStates: LaneStateRepository,
    private readonly reader: EventReader,
    private readonly leases: LeaseHolder,
    private readonly settings: ChatLimitSettings,
    private readonly accessFilter: AccessFilter,
    private readonly gate: FloodGate,
  ) {}

  /**
   * Notifies the chat under the lease of the lane "turns", so that the notice cannot follow the answer.
   * @param waiting the waiting messages, oldest first
   * @returns milliseconds until the flood gate may let it through; 0: no notice is left to send
   * @throws LeaseLostError
   */
  async tell(
    lease: Lease,
    conversation: Conversation,
    waiting: readonly Candidate[],
    { position, waitMs }: Wait,
  ): Promise<number> {
    if (!this.settings.waitNotice || waitMs < WORTH_TELLING_MS) return 0;
    // Nobody waits for a planned task or a webhook.
    const written = waiting.find(({ event, heard }) => heard !== null && isByPerson(event));
    if (!written) return 0;
    const gateMs = await this.notices.begin(lease, written.event.id, conversation);
    if (gateMs !== 0) return gateMs ?? 0;
    const text = i18nFor(written.heard?.sender?.languageCode).waiting(position, roughTime(waitMs));
    const [body = {}] = this.channel.compose(text);
    const signal = AbortSignal.timeout(SEND_TIMEOUT_MS);
    const outcome = await this.channel.send(destinationOf(conversation), body, signal).catch(() => null);
    if (outcome?.kind === 'sent') await this.notices.shown(lease, outcome.channelMessageId);
    if (outcome?.kind === 'limited') await this.gate.limited(conversation, outcome.retryAfterMs);
    this.logger.log({
      msg: outcome?.kind === 'sent' ? 'chat told to wait' : 'chat not told to wait',
      conversationId: conversation.id,
      position,
      waitMs: Math.round(waitMs),
    });
    return 0;
  }

  /**
   * Notifies the chat from outside the lane, for a conversation that no worker has reached yet.
   * @returns whether its lane was held meanwhile, and has to be woken
   * @throws LeaseLostError
   */
  async tellWaiting(conversationId: string, wait: Wait): Promise<boolean> {
    const held = await this.leases.hold(conversationId, 'turns', async (lease) => {
      const conversation = await this.conversations.find(conversationId);
      if (conversation?.status !== 'active' || (await this.laneStates.hasOpenTurn(conversationId)))
        return true;
      const waiting = await this.laneStates.waiting(conversationId, LOOKED_AT);
      const candidates = waiting.map((event) => ({ event, heard: this.reader.read(event) }));
      const invited = await this.accessFilter.keepAdmitted(conversation, candidates);
      await this.tell(lease, conversation, invited, wait);
      return true;
    });
    return held ?? false;
  }
}

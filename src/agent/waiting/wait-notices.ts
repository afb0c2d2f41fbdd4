import { Injectable, Logger } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { ChatLimitSettings } from '../../config/chat-limit.settings.js';
import { FloodGate } from '../../delivery/flood/flood-gate.js';
import { WaitNoticeRepository } from '../../delivery/wait-notice.repository.js';
import type { Conversation } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { LeaseHolder } from '../../lease/lease-holder.js';
import { ConversationRepository } from '../../memory/conversation.repository.js';
import { SCHEDULE_SOURCE } from '../../schedules/scheduled-event.js';
import { roughTime } from '../../texts/rough-time.js';
import { textsFor } from '../../texts/texts-for.js';
import { EventReader } from '../turn/event-reader.js';
import { type Candidate, TurnRepository } from '../turn/turn.repository.js';
import { Uninvited } from '../turn/uninvited.js';

/** Who waits for less is not told. */
export const WORTH_TELLING_MS = 5_000;
/** The lane stands still meanwhile. */
const SEND_TIMEOUT_MS = 5_000;
/** Messages looked at for one that a person wrote. */
const LOOKED_AT = 20;

/** How long a chat has to wait. */
export interface Wait {
  /** Of all chats that wait; null: it waits for nobody else. */
  readonly position: number | null;
  readonly waitMs: number;
}

/**
 * Tells a chat that it has to wait, and for how long: once for each message that waits, in a message that the answer
 * takes over. Best effort: whatever becomes of it, the answer comes.
 */
@Injectable()
export class WaitNotices {
  private readonly logger = new Logger(WaitNotices.name);

  constructor(
    private readonly channel: Channel,
    private readonly notices: WaitNoticeRepository,
    private readonly conversations: ConversationRepository,
    private readonly turns: TurnRepository,
    private readonly reader: EventReader,
    private readonly leases: LeaseHolder,
    private readonly settings: ChatLimitSettings,
    private readonly uninvited: Uninvited,
    private readonly gate: FloodGate,
  ) {}

  /**
   * Tells it under the lease of the lane "turns", so that it cannot come after the answer.
   * @param waiting what waits, oldest first
   * @returns milliseconds until the flood gate may let it through; 0: nothing is left to tell
   * @throws LeaseLostError
   */
  async tell(
    lease: Lease,
    conversation: Conversation,
    waiting: readonly Candidate[],
    { position, waitMs }: Wait,
  ): Promise<number> {
    if (!this.settings.waitNotice || waitMs < WORTH_TELLING_MS) return 0;
    // Nobody waits for what was planned.
    const written = waiting.find(({ event, heard }) => heard !== null && event.source !== SCHEDULE_SOURCE);
    if (!written) return 0;
    const gateMs = await this.notices.begin(lease, written.event.id, conversation);
    if (gateMs !== 0) return gateMs ?? 0;
    const text = textsFor(written.heard?.sender?.languageCode).waiting(position, roughTime(waitMs));
    const [body = {}] = this.channel.compose(text);
    const signal = AbortSignal.timeout(SEND_TIMEOUT_MS);
    const outcome = await this.channel.send(conversation, body, signal).catch(() => null);
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
   * The same from outside of the lane, for a conversation that no worker has come to yet.
   * @returns whether its lane was held meanwhile, and has to be woken
   * @throws LeaseLostError
   */
  async tellWaiting(conversationId: string, wait: Wait): Promise<boolean> {
    const held = await this.leases.hold(conversationId, 'turns', async (lease) => {
      const conversation = await this.conversations.find(conversationId);
      if (conversation?.status !== 'active' || (await this.turns.findOpen(conversationId))) return true;
      const waiting = await this.turns.waiting(conversationId, LOOKED_AT);
      const candidates = waiting.map((event) => ({ event, heard: this.reader.read(event) }));
      const invited = await this.uninvited.invited(conversation, candidates);
      await this.tell(lease, conversation, invited, wait);
      return true;
    });
    return held ?? false;
  }
}

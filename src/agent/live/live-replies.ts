import { Injectable } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { StreamingSettings } from '../../config/streaming.settings.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { Stopping } from '../../runtime/stopping.js';
import { type Live, LiveReply, silent } from './live-reply.js';

/** Telegram takes about one message a second in a private chat and twenty a minute in a group. */
const EVERY_MS = { private: 1_000, group: 3_000 } as const;

/** Begins to show what a turn writes, where `AGENT_STREAMING` is on. */
@Injectable()
export class LiveReplies {
  constructor(
    private readonly channel: Channel,
    private readonly drafts: DraftRepository,
    private readonly stopping: Stopping,
    private readonly settings: StreamingSettings,
  ) {}

  /** Goes on in the message of an earlier run, if that is known; @throws what the database throws */
  async of(lease: Lease, turn: Turn, conversation: Conversation, lost: AbortSignal): Promise<Live> {
    if (!this.settings.enabled || this.channel.takesOneMessage(conversation)) return silent;
    const resumed = turn.takeovers > 0 || turn.attempts > 0;
    const draft = resumed ? await this.drafts.find(turn.id) : null;
    // It may be there, or not: another one would be one too many.
    if (draft && draft.channelMessageId === null) return silent;
    return new LiveReply(
      this.channel,
      this.drafts,
      {
        lease,
        lost,
        turnId: turn.id,
        destination: conversation,
        everyMs: conversation.chatType === 'private' ? EVERY_MS.private : EVERY_MS.group,
        stopping: this.stopping.now,
      },
      draft?.channelMessageId ?? null,
    );
  }
}

import { Injectable } from '@nestjs/common';
import { Channel } from '../../channel/channel.js';
import { StreamingSettings } from '../../config/streaming.settings.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { FloodGate } from '../../delivery/flood/flood-gate.js';
import { LATE_MS } from '../../delivery/late-edit.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { Stopping } from '../../runtime/stopping.js';
import { type Live, LiveReply, silent } from './live-reply.js';
import { MessageScreen } from './message-screen.js';
import { PreviewScreen } from './preview-screen.js';

/** Telegram takes about one message a second in a private chat and twenty a minute in a group. */
const EVERY_MS = { private: 1_000, group: 3_000 } as const;

/** Begins to show what a turn writes, as `AGENT_STREAMING` says: in a message, or in a private chat as a preview. */
@Injectable()
export class LiveReplies {
  constructor(
    private readonly channel: Channel,
    private readonly drafts: DraftRepository,
    private readonly gate: FloodGate,
    private readonly stopping: Stopping,
    private readonly settings: StreamingSettings,
  ) {}

  /** Goes on in the message of an earlier run, or in the one that told the chat to wait, if that is known; @throws what the database throws */
  async of(lease: Lease, turn: Turn, conversation: Conversation, lost: AbortSignal): Promise<Live> {
    // A correction is seen where the former answer stands, once it is whole.
    if (!this.settings.enabled || turn.correctsId !== null) return silent;
    if (this.channel.takesOneMessage(conversation)) return silent;
    const draft = await this.drafts.find(turn.id);
    const isPrivate = conversation.chatType === 'private';
    const everyMs = isPrivate ? EVERY_MS.private : EVERY_MS.group;
    const shownTurn = {
      lease,
      lost,
      turnId: turn.id,
      destination: conversation,
      stopping: this.stopping.now,
    };
    // What has begun goes on as it was, whatever the setting is by now.
    if (draft ? !draft.isMessage : isPrivate && this.settings.mode === 'draft') {
      const screen = new PreviewScreen(this.channel, this.drafts, shownTurn, draft !== null);
      return new LiveReply(this.channel, screen, turn.id, everyMs);
    }
    // It may be there, or not: another one would be one too many.
    if (draft && draft.channelMessageId === null) return silent;
    const channelMessageId = draft?.channelMessageId ?? null;
    // An edit of a process that is gone, or has lost the turn, is under way.
    if (channelMessageId !== null && draft?.editingSince)
      await this.drafts.markLate({ conversationId: conversation.id, channelMessageId }, LATE_MS);
    const screen = new MessageScreen(this.channel, this.drafts, this.gate, shownTurn, channelMessageId);
    return new LiveReply(this.channel, screen, turn.id, everyMs);
  }
}

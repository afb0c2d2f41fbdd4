import { Injectable } from '@nestjs/common';
import { destinationOf } from '../../channel/destination-of.js';
import { ChannelMessageId } from '../../channel/ids.js';
import { Channel } from '../../channel/channel.js';
import { StreamingSettings } from '../llm/streaming.settings.js';
import { DraftRepository } from '../../delivery/draft.repository.js';
import { FloodGate } from '../../delivery/flood/flood-gate.js';
import { LATE_MS } from '../../delivery/late-edit.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../queue/lease/lease.repository.js';
import { Stopping } from '../../platform/runtime/stopping.js';
import { type StreamedReply, StreamedReplyWriter, silentReply } from './streamed-reply.js';
import { MessagePreviewTarget } from './message-preview-target.js';
import { EphemeralPreviewTarget } from './ephemeral-preview-target.js';

/** The run whose answer is shown. */
export interface StreamingRun {
  readonly lease: Lease;
  readonly turn: Turn;
  readonly conversation: Conversation;
  /** False: no message that its answer replaces is shown. */
  readonly mayHaveDraft: boolean;
  readonly signal: AbortSignal;
}

/**
 * Starts the streamed reply of a turn, as `AGENT_STREAMING` says and the channel can: in a message, or in a private
 * chat as a preview.
 */
@Injectable()
export class StreamedReplies {
  constructor(
    private readonly channel: Channel,
    private readonly drafts: DraftRepository,
    private readonly gate: FloodGate,
    private readonly stopping: Stopping,
    private readonly settings: StreamingSettings,
  ) {}

  /**
   * Continues in the message of an earlier run, or in the wait notice, if that is known.
   * @throws the database's error
   */
  async openForTurn(run: StreamingRun): Promise<StreamedReply> {
    const { lease, turn, conversation, signal: lost } = run;
    // A correction appears in place of the former answer, once it is complete.
    if (!this.settings.enabled || turn.correctsId !== null) return silentReply;
    const { previews, streamedEdits, singleMessages } = this.channel;
    const destination = destinationOf(conversation);
    if (singleMessages?.appliesTo(destination)) return silentReply;
    const draft = run.mayHaveDraft ? await this.drafts.find(turn.id) : null;
    const isPrivate = conversation.chatType === 'private';
    const shownTurn = {
      lease,
      lost,
      turnId: turn.id,
      destination,
      stopping: this.stopping.now,
    };
    // A started one continues in the same form, whatever the setting is by now.
    if (draft ? !draft.isMessage : previews && isPrivate && this.settings.prefersPreviews) {
      if (!previews) return silentReply;
      const previewTarget = new EphemeralPreviewTarget(previews, this.drafts, shownTurn, draft !== null);
      return new StreamedReplyWriter(this.channel, previewTarget, turn.id, previews.everyMs);
    }
    if (!streamedEdits) return silentReply;
    // It may have arrived: another message would be one too many.
    if (draft && draft.channelMessageId === null) return silentReply;
    const id = draft?.channelMessageId ?? null;
    const channelMessageId = id === null ? null : ChannelMessageId(id);
    // An edit is under way by a process that is gone or has lost the turn.
    if (channelMessageId !== null && draft?.editingSince)
      await this.drafts.markLate({ conversationId: conversation.id, channelMessageId }, LATE_MS);
    const previewTarget = new MessagePreviewTarget(
      this.channel,
      this.drafts,
      this.gate,
      shownTurn,
      channelMessageId,
    );
    const everyMs = streamedEdits.everyMs[isPrivate ? 'private' : 'group'];
    return new StreamedReplyWriter(this.channel, previewTarget, turn.id, everyMs);
  }
}

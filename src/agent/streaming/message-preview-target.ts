import type { ChannelMessageId } from '../../channel/ids.js';
import type { Channel, ReplyBody, SendOutcome } from '../../channel/channel.js';
import { retryWrite } from '../../platform/database/retry-write.js';
import type { DraftRepository } from '../../delivery/draft.repository.js';
import type { FloodGate } from '../../delivery/flood/flood-gate.js';
import { LATE_MS } from '../../delivery/late-edit.js';
import { LeaseLostError } from '../../platform/errors/errors.js';
import type { PreviewTarget, PreviewResult, PreviewedTurn } from './preview-target.js';

/**
 * One message that is sent once and edited from then on; the turn's reply replaces its text. Its row exists before it
 * is sent, so that a process that ends the turn knows of it.
 */
export class MessagePreviewTarget implements PreviewTarget {
  /** A draft's text always differs from the answer's, or the channel would refuse the final edit as no change. */
  readonly cursor = ' ▌';
  readonly lastsMs = null;
  /** An edit whose outcome is not known (yet). */
  private inDoubt = false;

  /** @param messageId of the draft that an earlier run has shown; null: none yet */
  constructor(
    private readonly channel: Channel,
    private readonly drafts: DraftRepository,
    private readonly gate: FloodGate,
    private readonly turn: PreviewedTurn,
    private messageId: ChannelMessageId | null,
  ) {}

  async show(text: string, body: ReplyBody): Promise<PreviewResult> {
    const { lease, turnId, destination, stopping } = this.turn;
    const waitMs = await this.gate.passDraft(destination);
    if (waitMs > 0) return { kind: 'limited', retryAfterMs: waitMs };
    if (this.messageId === null) return await this.showFirst(text, body);
    const edit = await this.drafts.keep(lease, turnId, text);
    this.inDoubt = true;
    const outcome = await this.channel.edit(destination, this.messageId, body, stopping);
    if (outcome.kind === 'unknown') await this.markLate(this.messageId, LATE_MS);
    // Another holder has the draft, and may have written a newer text before this edit.
    if (!(await this.drafts.edited(turnId, edit))) await this.markLate(this.messageId, 0);
    this.inDoubt = false;
    return await this.heed(outcome);
  }

  async end(): Promise<void> {
    if (this.messageId === null || !(this.turn.lost.reason instanceof LeaseLostError)) return;
    // The last edit may come after the final text, which another process writes.
    await this.markLate(this.messageId, this.inDoubt ? LATE_MS : 0).catch(() => undefined);
  }

  private async markLate(channelMessageId: ChannelMessageId, forMs: number): Promise<void> {
    const { conversationId } = this.turn.lease;
    await this.drafts.markLate({ conversationId, channelMessageId }, forMs);
  }

  private async showFirst(text: string, body: ReplyBody): Promise<PreviewResult> {
    const { lease, turnId, destination, stopping } = this.turn;
    if (!(await this.drafts.begin(lease, turnId, text))) return { kind: 'not-yet' };
    const outcome = await this.channel.send(destination, body, stopping);
    if (outcome.kind === 'sent') {
      await this.record(outcome.channelMessageId);
      // Without a record no reply will use it, and its text needs no care.
      this.messageId = outcome.channelMessageId;
      return { kind: 'shown' };
    }
    // It may have arrived: another message would be one too many.
    if (outcome.kind === 'unknown') return { kind: 'over', error: outcome.error };
    await this.drafts.takeBack(lease, turnId);
    return await this.heed(outcome);
  }

  private async record(channelMessageId: ChannelMessageId): Promise<void> {
    const { lease, turnId } = this.turn;
    const { conversationId } = lease;
    try {
      await retryWrite(() => this.drafts.shown(lease, turnId, channelMessageId));
    } catch (error) {
      if (error instanceof LeaseLostError)
        await retryWrite(() => this.drafts.handOver(turnId, { conversationId, channelMessageId }));
      throw error;
    }
  }

  /** The result of a call that may be repeated. */
  private async heed(outcome: SendOutcome): Promise<PreviewResult> {
    switch (outcome.kind) {
      case 'sent':
        return { kind: 'shown' };
      case 'limited':
        await this.gate.limited(this.turn.destination, outcome.retryAfterMs);
        return outcome;
      case 'refused':
      case 'moved':
        return { kind: 'over', error: outcome.error };
      case 'unavailable':
      case 'unknown':
        return { kind: 'not-yet' };
    }
  }
}

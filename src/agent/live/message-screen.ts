import type { Channel, ReplyBody, SendOutcome } from '../../channel/channel.js';
import type { DraftRepository } from '../../delivery/draft.repository.js';
import type { FloodGate } from '../../delivery/flood/flood-gate.js';
import { LATE_MS } from '../../delivery/late-edit.js';
import { LeaseLostError } from '../../errors/errors.js';
import type { Screen, Shown, ShownTurn } from './screen.js';

/**
 * One message that is sent once and edited from then on; the turn's reply takes it over. Its row is there before it is
 * sent, so that whoever ends the turn knows of it.
 */
export class MessageScreen implements Screen {
  /** A draft never says just what the answer will say, or the channel would refuse the final edit as no change. */
  readonly cursor = ' ▌';
  readonly lastsMs = null;
  /** An edit whose outcome is not known (yet). */
  private inDoubt = false;

  /** @param messageId of the draft that an earlier run has shown; null: none yet */
  constructor(
    private readonly channel: Channel,
    private readonly drafts: DraftRepository,
    private readonly gate: FloodGate,
    private readonly turn: ShownTurn,
    private messageId: bigint | null,
  ) {}

  async show(text: string, body: ReplyBody): Promise<Shown> {
    const { lease, turnId, destination, stopping } = this.turn;
    const waitMs = await this.gate.passDraft(destination);
    if (waitMs > 0) return { kind: 'limited', retryAfterMs: waitMs };
    if (this.messageId === null) return await this.showFirst(text, body);
    const edit = await this.drafts.keep(lease, turnId, text);
    this.inDoubt = true;
    const outcome = await this.channel.edit(destination, this.messageId, body, stopping);
    if (outcome.kind === 'unknown') await this.markLate(this.messageId, LATE_MS);
    // Somebody else has the draft, and may have put another text in before this one.
    if (!(await this.drafts.edited(turnId, edit))) await this.markLate(this.messageId, 0);
    this.inDoubt = false;
    return await this.heed(outcome);
  }

  async end(): Promise<void> {
    if (this.messageId === null || !(this.turn.lost.reason instanceof LeaseLostError)) return;
    // The last edit may come after the final text, which another process puts in.
    await this.markLate(this.messageId, this.inDoubt ? LATE_MS : 0).catch(() => undefined);
  }

  private async markLate(channelMessageId: bigint, forMs: number): Promise<void> {
    const { conversationId } = this.turn.lease;
    await this.drafts.markLate({ conversationId, channelMessageId }, forMs);
  }

  private async showFirst(text: string, body: ReplyBody): Promise<Shown> {
    const { lease, turnId, destination, stopping } = this.turn;
    if (!(await this.drafts.begin(lease, turnId, text))) return { kind: 'not-yet' };
    const outcome = await this.channel.send(destination, body, stopping);
    if (outcome.kind === 'sent') {
      this.messageId = outcome.channelMessageId;
      await this.drafts.shown(lease, turnId, outcome.channelMessageId);
      return { kind: 'shown' };
    }
    // It may be there, or not: another one would be one too many.
    if (outcome.kind === 'unknown') return { kind: 'over', error: outcome.error };
    await this.drafts.takeBack(lease, turnId);
    return await this.heed(outcome);
  }

  /** What follows from a call that may be made again. */
  private async heed(outcome: SendOutcome): Promise<Shown> {
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

import type { Previews } from '../../channel/capabilities.js';
import type { ReplyBody } from '../../channel/channel.js';
import type { DraftRepository } from '../../delivery/draft.repository.js';
import { type PreviewTarget, type PreviewResult, type PreviewedTurn, previewIdOf } from './preview-target.js';

/**
 * A preview that the channel shows for a while and that is no message: the turn's reply is sent as a new message, like
 * any other. Its text is recorded all the same, so that it can be kept when the turn is stopped.
 */
export class EphemeralPreviewTarget implements PreviewTarget {
  readonly cursor = '';
  readonly lastsMs: number;

  /** @param begun an earlier run of the turn has begun to show it */
  constructor(
    private readonly previews: Previews,
    private readonly drafts: DraftRepository,
    private readonly turn: PreviewedTurn,
    private begun: boolean,
  ) {
    this.lastsMs = previews.lastsMs;
  }

  async show(text: string, body: ReplyBody): Promise<PreviewResult> {
    const { lease, turnId, destination, stopping } = this.turn;
    if (this.begun) await this.drafts.keep(lease, turnId, text);
    else if (!(await this.drafts.beginPreview(lease, turnId, text))) return { kind: 'not-yet' };
    this.begun = true;
    const outcome = await this.previews.show(destination, previewIdOf(turnId), body, stopping);
    if (outcome.kind === 'unavailable' || outcome.kind === 'unknown') return { kind: 'not-yet' };
    if (outcome.kind !== 'refused' && outcome.kind !== 'moved') return outcome;
    // It was never visible.
    await this.drafts.takeBack(lease, turnId);
    return { kind: 'over', error: outcome.error };
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

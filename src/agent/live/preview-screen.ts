import type { Channel, ReplyBody } from '../../channel/channel.js';
import type { DraftRepository } from '../../delivery/draft.repository.js';
import type { Screen, Shown, ShownTurn } from './screen.js';
import { previewIdOf } from './preview-id.js';

/**
 * A preview that the channel shows for a while and that is no message: the turn's reply is sent as a new one, like any
 * other. Its text is on record all the same, so that what was already said can be kept when the turn is stopped.
 */
export class PreviewScreen implements Screen {
  readonly cursor = '';
  readonly lastsMs: number;

  /** @param begun an earlier run of the turn has begun to show it */
  constructor(
    private readonly channel: Channel,
    private readonly drafts: DraftRepository,
    private readonly turn: ShownTurn,
    private begun: boolean,
  ) {
    this.lastsMs = channel.previewLastsMs;
  }

  async show(text: string, body: ReplyBody): Promise<Shown> {
    const { lease, turnId, destination, stopping } = this.turn;
    if (this.begun) await this.drafts.keep(lease, turnId, text);
    else if (!(await this.drafts.beginPreview(lease, turnId, text))) return { kind: 'not-yet' };
    this.begun = true;
    const outcome = await this.channel.preview(destination, previewIdOf(turnId), body, stopping);
    if (outcome.kind === 'unavailable' || outcome.kind === 'unknown') return { kind: 'not-yet' };
    if (outcome.kind !== 'refused' && outcome.kind !== 'moved') return outcome;
    // Nobody saw it.
    await this.drafts.takeBack(lease, turnId);
    return { kind: 'over', error: outcome.error };
  }

  end(): Promise<void> {
    return Promise.resolve();
  }
}

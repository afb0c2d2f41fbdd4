import { Logger } from '@nestjs/common';
import type { Channel, Destination, ReplyBody, SendOutcome } from '../../channel/channel.js';
import type { FloodChat, FloodGate } from '../../delivery/flood/flood-gate.js';
import type { DraftRepository } from '../../delivery/draft.repository.js';
import { LeaseLostError, messageOf } from '../../errors/errors.js';
import type { Lease } from '../../lease/lease.repository.js';
import { cut } from '../tools/tool-output.js';

/** Shows what a running turn has so far. */
export interface Live {
  /** The answer as far as it is written, in Markdown. Costs nothing, however often it is called. */
  write(text: string): void;
  /** What the agent is doing just now, below what is written. */
  note(text: string): void;
  /** Shows nothing more. Resolves when no call is under way, so that what follows comes last. Never rejects. */
  end(): Promise<void>;
}

/** Where nothing is shown before the answer is whole. */
export const silent: Live = { write: () => {}, note: () => {}, end: () => Promise.resolve() };

const CURSOR = ' ▌';

/** An answer that is whole within this time is sent at once and never seen unfinished. */
const FIRST_AFTER_MS = 800;

export interface LiveTurn {
  readonly lease: Lease;
  readonly turnId: string;
  readonly destination: Destination & FloodChat;
  /** The least time between two edits. */
  readonly everyMs: number;
  /** Ends calls under way: the process is told to stop. */
  readonly stopping: AbortSignal;
  /** Aborts with a `LeaseLostError` when the turn is somebody else's. */
  readonly lost: AbortSignal;
}

/**
 * One message that is sent once and edited from then on, no oftener than every `everyMs`; the turn's reply takes it over.
 * What it is about to say is committed first, with the turn's lease checked, so that whoever ends the turn knows of it.
 * Best effort: whatever goes wrong, the reply will tell all.
 */
export class LiveReply implements Live {
  private readonly logger = new Logger(LiveReply.name);
  private written = '';
  private noted = '';
  private shown: ReplyBody | null = null;
  private timer: NodeJS.Timeout | null = null;
  private underWay: Promise<void> | null = null;
  private notBefore = performance.now() + FIRST_AFTER_MS;
  private ended = false;

  /** @param messageId of the draft that an earlier run has shown; null: none yet */
  constructor(
    private readonly channel: Channel,
    private readonly drafts: DraftRepository,
    private readonly gate: FloodGate,
    private readonly turn: LiveTurn,
    private messageId: bigint | null,
  ) {}

  write(text: string): void {
    this.written = text;
    this.noted = '';
    this.schedule();
  }

  note(text: string): void {
    this.noted = text;
    this.schedule();
  }

  async end(): Promise<void> {
    this.ended = true;
    if (this.timer) clearTimeout(this.timer);
    await this.underWay;
    if (this.messageId === null || !(this.turn.lost.reason instanceof LeaseLostError)) return;
    // The last edit may have come after the final text, which another process has put in.
    await this.drafts.mend(this.turn.turnId, this.messageId).catch(() => undefined);
  }

  private schedule(): void {
    if (this.ended || this.timer || this.underWay) return;
    const delayMs = Math.max(0, this.notBefore - performance.now());
    this.timer = setTimeout(() => this.begin(), delayMs).unref();
  }

  private begin(): void {
    this.timer = null;
    const text = [this.written, this.noted].filter((part) => part.trim() !== '').join('\n\n');
    if (text === '') return;
    const body = this.bodyOf(text, this.noted === '' ? CURSOR : '');
    if (!body || JSON.stringify(body) === JSON.stringify(this.shown)) return;
    this.notBefore = performance.now() + this.turn.everyMs;
    this.underWay = this.showIfRoom(text, body)
      .catch((error: unknown) => this.giveUp(messageOf(error)))
      .finally(() => {
        this.underWay = null;
        this.schedule();
      });
  }

  /**
   * As much from the beginning as one message holds, and a cursor: a draft never says just what the answer will say, or
   * the channel would refuse the final edit as one that changes nothing.
   */
  private bodyOf(text: string, cursor: string): ReplyBody | undefined {
    for (let length = text.length; length > 0; length = Math.floor(length * 0.7)) {
      const parts = this.channel.compose(`${cut(text, length)}${cursor}`);
      if (parts.length === 1) return parts[0];
    }
    return undefined;
  }

  /** Real replies go first: a draft that the gate holds up is shown later, as it stands then. */
  private async showIfRoom(text: string, body: ReplyBody): Promise<void> {
    const waitMs = await this.gate.passDraft(this.turn.destination);
    if (waitMs > 0) this.notBefore = performance.now() + waitMs;
    else await this.show(text, body);
  }

  private async show(text: string, body: ReplyBody): Promise<void> {
    const { lease, turnId, destination, stopping } = this.turn;
    if (this.messageId === null) return await this.showFirst(text, body);
    await this.drafts.keep(lease, turnId, text);
    await this.heed(await this.channel.edit(destination, this.messageId, body, stopping));
    this.shown = body;
  }

  private async showFirst(text: string, body: ReplyBody): Promise<void> {
    const { lease, turnId, destination, stopping } = this.turn;
    if (!(await this.drafts.begin(lease, turnId, text))) return;
    const outcome = await this.channel.send(destination, body, stopping);
    if (outcome.kind === 'sent') {
      this.messageId = outcome.channelMessageId;
      this.shown = body;
      return await this.drafts.shown(lease, turnId, outcome.channelMessageId);
    }
    if (outcome.kind === 'unknown') return this.giveUp(outcome.error);
    await this.drafts.takeBack(lease, turnId);
    await this.heed(outcome);
  }

  /** A pause that the channel asks for is made; anything else that fails ends the show. */
  private async heed(outcome: SendOutcome): Promise<void> {
    if (outcome.kind === 'limited') {
      this.notBefore = performance.now() + outcome.retryAfterMs;
      await this.gate.limited(this.turn.destination, outcome.retryAfterMs);
    } else if (outcome.kind === 'refused' || outcome.kind === 'moved') this.giveUp(outcome.error);
  }

  private giveUp(error: string): void {
    this.ended = true;
    this.logger.warn({ msg: 'answer not shown while it is written', turnId: this.turn.turnId, error });
  }
}

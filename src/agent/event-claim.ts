import { Injectable } from '@nestjs/common';
import { Channel } from '../channel/channel.js';
import type { Sender } from '../channel/inbound.js';
import { AgentSettings } from '../config/agent.settings.js';
import type { Conversation, Event, Turn } from '../generated/prisma/client.js';
import type { Lease } from '../lease/lease.repository.js';
import { ChatLimiter } from '../throttling/chat-limiter.js';
import { TokenCounter } from './token-counter.js';
import { type Candidate, TurnRepository } from './turn.repository.js';

/** Messages in one turn; more make the next one. */
const MAX_EVENTS = 200;

export type Claimed =
  | { readonly kind: 'turn'; readonly turn: Turn }
  | { readonly kind: 'nothing' }
  /** The chat's rate limit allows the next message in `retryAfterMs`. */
  | { readonly kind: 'limited'; readonly retryAfterMs: number };

/** Decides which of the waiting messages the next turn owns: all of them, as far as limits and budget allow. */
@Injectable()
export class EventClaim {
  constructor(
    private readonly channel: Channel,
    private readonly turns: TurnRepository,
    private readonly limiter: ChatLimiter,
    private readonly tokens: TokenCounter,
    private readonly settings: AgentSettings,
  ) {}

  /** @throws LeaseLostError, or RetryLaterError while the limit cannot be asked */
  async next(lease: Lease, conversation: Conversation): Promise<Claimed> {
    const waiting = await this.turns.waiting(conversation.id, MAX_EVENTS);
    if (waiting.length === 0) return { kind: 'nothing' };
    const candidates = waiting.map((event) => this.read(event));
    const unreadable = candidates.filter(({ inbound }) => inbound === null).map(({ event }) => event.id);
    if (unreadable.length > 0) await this.turns.passOver(lease, unreadable);
    const readable = candidates.filter(({ inbound }) => inbound !== null);
    // First what belongs together, then the limit: it must not be asked for what the turn will not own.
    const fitting = this.withinBudget(await this.turns.upToReset(conversation, readable));
    if (fitting.length === 0) return { kind: 'nothing' };
    const { granted, retryAfterMs } = await this.limiter.take(
      `${conversation.channel}:${conversation.chatId}`,
      fitting.length,
    );
    if (granted === 0) return { kind: 'limited', retryAfterMs };
    return { kind: 'turn', turn: await this.turns.begin(lease, conversation, fitting.slice(0, granted)) };
  }

  /** Who wrote the newest message of a turn; null where that is no longer known. */
  async senderOf(turn: Turn): Promise<Sender | null> {
    const newest = await this.turns.newestEvent(turn.id);
    return newest ? (this.read(newest).inbound?.sender ?? null) : null;
  }

  private read(event: Event): Candidate {
    return { event, inbound: this.channel.read(event.payload) };
  }

  /** In order, until their texts fill half of the context; at least one. */
  private withinBudget(candidates: readonly Candidate[]): readonly Candidate[] {
    let left = this.settings.contextTokens / 2;
    const beyond = candidates.findIndex(({ inbound }) => {
      left -= this.tokens.count(inbound?.text ?? '');
      return left < 0;
    });
    return beyond === -1 ? candidates : candidates.slice(0, Math.max(1, beyond));
  }
}

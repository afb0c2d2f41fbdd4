import { Injectable } from '@nestjs/common';
import type { Sender } from '../../channel/inbound.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { AgentLoop } from './agent-loop.js';
import { ContextBuilder } from '../context/context-builder.js';
import { EventClaim } from './event-claim.js';
import { LiveReplies } from '../live/live-replies.js';
import { notesOnly } from '../live/notes-only.js';
import { ModelCallers } from '../model/model-caller.js';
import { Newcomers } from '../busy/newcomers.js';
import { TurnEndings } from './turn-endings.repository.js';
import { TurnReaction } from './turn-reaction.js';

/** One run of a turn: whose it is, and by what right. */
export interface Run {
  readonly lease: Lease;
  readonly conversation: Conversation;
  readonly turn: Turn;
}

/** The work of a run: context, model and tools, and the commit of the answer. */
@Injectable()
export class TurnWork {
  constructor(
    private readonly claim: EventClaim,
    private readonly context: ContextBuilder,
    private readonly callers: ModelCallers,
    private readonly newcomers: Newcomers,
    private readonly live: LiveReplies,
    private readonly reaction: TurnReaction,
    private readonly loop: AgentLoop,
    private readonly endings: TurnEndings,
  ) {}

  /**
   * @returns whether there are replies to send: a chat that was blocked meanwhile gets none
   * @throws what AgentLoop.run throws
   */
  async finish(run: Run, signal: AbortSignal): Promise<boolean> {
    const { conversation, turn } = run;
    const newest = await this.claim.newestOf(turn);
    const react = this.reaction.begin(conversation, newest?.channelMessageId ?? null);
    const replied = await this.answer(run, newest?.sender ?? null, signal).catch((error: unknown) => {
      react(null);
      throw error;
    });
    react(replied ? 'done' : null);
    return replied;
  }

  private async answer(
    { lease, conversation, turn }: Run,
    sender: Sender | null,
    signal: AbortSignal,
  ): Promise<boolean> {
    const context = await this.context.build(conversation, turn, sender);
    const caller = await this.callers.of(conversation, sender);
    const tools = { sender, languageCode: sender?.languageCode ?? null };
    const newcomers = this.newcomers.of(lease, conversation, turn);
    const shown = await this.live.of(lease, turn, conversation, signal);
    const live = conversation.outputCheck ? notesOnly(shown) : shown;
    try {
      const end = await this.loop.run({
        turn,
        lease,
        conversation,
        context,
        caller,
        tools,
        signal,
        newcomers,
        live,
      });
      // Before the commit: an edit that is under way must not come after the final one.
      await live.end();
      return await this.endings.finish(lease, turn, end);
    } finally {
      await live.end();
    }
  }
}

import { Injectable } from '@nestjs/common';
import type { Sender } from '../../channel/inbound.js';
import { Budgets } from '../../budget/budgets.service.js';
import type { TurnBudget } from '../../budget/turn-budget.js';
import { Channel } from '../../channel/channel.js';
import type { Conversation, Turn } from '../../generated/prisma/client.js';
import type { Lease } from '../../lease/lease.repository.js';
import { MessageRepository } from '../../memory/message.repository.js';
import { textsFor } from '../../texts/texts-for.js';
import type { Texts } from '../../texts/texts.js';
import { Attachments, refusalOf } from '../attachments/attachments.service.js';
import { AgentLoop } from './agent-loop.js';
import { withBackground } from '../context/background.js';
import { Backgrounds } from '../context/background.repository.js';
import { ContextBuilder } from '../context/context-builder.js';
import { EventClaim } from './event-claim.js';
import { withinOneMessage } from './one-message.js';
import { Opening } from './opening.js';
import { LiveReplies } from '../live/live-replies.js';
import { notesOnly } from '../live/notes-only.js';
import { ModelCallers } from '../model/model-caller.js';
import { Newcomers } from '../busy/newcomers.js';
import { type TurnEnd, TurnEndings } from './turn-endings.repository.js';
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
    private readonly channel: Channel,
    private readonly claim: EventClaim,
    private readonly opening: Opening,
    private readonly messages: MessageRepository,
    private readonly attachments: Attachments,
    private readonly context: ContextBuilder,
    private readonly backgrounds: Backgrounds,
    private readonly callers: ModelCallers,
    private readonly newcomers: Newcomers,
    private readonly budgets: Budgets,
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

  private async answer(run: Run, sender: Sender | null, signal: AbortSignal): Promise<boolean> {
    const { lease, conversation, turn } = run;
    const texts = textsFor(sender?.languageCode);
    await this.opening.of(lease, conversation, signal);
    const budget = this.budgets.open(lease, turn, conversation.model);
    const refusal = await this.readFiles(run, texts, budget, signal);
    if (refusal) return await this.endings.finish(lease, turn, refusal);
    const background = await this.backgrounds.of(lease, conversation, turn);
    const seen = await this.context.build(conversation, turn, sender, signal);
    const context = withBackground(seen, background);
    const caller = await this.callers.of(conversation, sender);
    const tools = { sender, languageCode: sender?.languageCode ?? null };
    const newcomers = this.newcomers.of(
      lease,
      conversation,
      turn,
      { texts, budget, chat: chatOf(conversation) },
      signal,
    );
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
        budget,
        live,
      });
      // Before the commit: an edit that is under way must not come after the final one.
      await live.end();
      const one = this.channel.takesOneMessage(conversation);
      const text = one ? withinOneMessage(end.text, this.channel) : end.text;
      return await this.endings.finish(lease, turn, { ...end, text });
    } finally {
      await live.end();
    }
  }

  /** @returns the turn's end, where nothing in it can be looked at; null where the model is to be asked */
  private async readFiles(
    { lease, conversation, turn }: Run,
    texts: Texts,
    budget: TurnBudget,
    signal: AbortSignal,
  ): Promise<TurnEnd | null> {
    const messages = await this.messages.ofTurn(turn);
    const reading = { texts, budget, chat: chatOf(conversation) };
    const text = refusalOf(await this.attachments.read(lease, messages, reading, signal));
    return text === null ? null : { text, model: null, errorCode: 'ATTACHMENT_REFUSED' };
  }
}

/** All topics of a chat are one chat. */
const chatOf = ({ channel, chatId }: Conversation): string => `${channel}:${chatId}`;

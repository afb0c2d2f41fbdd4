import { Injectable } from '@nestjs/common';
import type { Sender } from '../../channel/inbound.js';
import { AgentSettings } from '../../config/agent.settings.js';
import type { Conversation, Message, Summary, Turn } from '../../generated/prisma/client.js';
import { FactsRepository, type StoredFact } from '../../memory/facts.repository.js';
import {
  MessageRepository,
  NEWEST,
  OLDEST,
  type PastMessage,
  type Stretch,
} from '../../memory/message.repository.js';
import { Clock } from '../../runtime/clock.js';
import { Pictures, type PicturesOf } from '../attachments/pictures.js';
import {
  type Block,
  blockOf,
  chatMessage,
  fromAnchor,
  newestWithin,
  tokensOf,
  withOrigin,
} from './context.js';
import { HistoryReader } from './history-reader.js';
import { type ContinuedPast, continuedPast } from './interrupted-past.js';
import { sharesOf } from '../summaries/outgrown.js';
import { SummaryRepository } from '../summaries/summary.repository.js';
import { systemPrompt } from './system-prompt.js';
import { TokenCounter } from './token-counter.js';
import type { Joined, TurnContext } from './turn-request.js';

/** Gathers what the model gets to see for one turn, within `AGENT_CONTEXT_TOKENS`. */
@Injectable()
export class ContextBuilder {
  constructor(
    private readonly messages: MessageRepository,
    private readonly reader: HistoryReader,
    private readonly facts: FactsRepository,
    private readonly summaries: SummaryRepository,
    private readonly tokens: TokenCounter,
    private readonly settings: AgentSettings,
    private readonly clock: Clock,
    private readonly pictures: Pictures,
  ) {}

  /**
   * System prompt with facts and summary, as much of the history behind the summary as fits, newest first, and the
   * turn's own messages, which are always there, with their pictures. Where that history has outgrown its share, a
   * summary is asked for.
   * @throws RetryLaterError where a picture cannot be had at the moment, or the reason of the signal
   */
  async build(
    conversation: Conversation,
    turn: Turn,
    person: Sender | null,
    signal: AbortSignal,
  ): Promise<TurnContext> {
    const count = (text: string) => this.tokens.count(text);
    const fresh = await this.messages.ofTurn(turn);
    const pictures = await this.pictures.ofTurn(fresh, signal);
    const before = fresh[0]?.id ?? NEWEST;
    const facts = this.newestFacts(await this.facts.list(conversation.id));
    const summary = await this.summaryBefore(before, turn);
    const content = systemPrompt(conversation.systemPrompt ?? this.settings.promptIn(conversation.channel), {
      now: this.clock.now(),
      person,
      group: conversation.chatType !== 'private',
      facts,
      summary: summary?.text ?? null,
    });
    const begun = await this.begunWith(conversation, turn, fresh, pictures);
    const own = this.blockOf(conversation, begun.own, pictures);
    const spent = own.tokens + count(facts.join('\n')) + (summary?.tokens ?? 0);
    const budget = this.settings.contextTokens - spent;
    const after = summary?.coversUntil ?? OLDEST;
    const stretch = { conversationId: conversation.id, epoch: turn.epoch, after, before };
    const { blocks: history, outgrown } = await this.history(conversation, stretch, budget, signal);
    const newest = fresh.at(-1);
    if (outgrown && newest) await this.summaries.ask(conversation.id, turn.epoch, newest.id);
    const ofTurn = fresh.filter(({ turnId }) => turnId === turn.id);
    const joined = [...begun.joined, ...this.joined(conversation, ofTurn, pictures)];
    const { exchanges } = begun;
    const hasOutsideSummary = summary?.outside ?? false;
    return {
      system: { role: 'system', content },
      hasOutsideSummary,
      history,
      own,
      joined,
      exchanges,
      budget,
    };
  }

  /** What the turn began with: its messages, behind those of interrupted turns in whose place it goes on. */
  private async begunWith(
    conversation: Conversation,
    turn: Turn,
    fresh: readonly Message[],
    pictures: PicturesOf,
  ): Promise<ContinuedPast> {
    const own = fresh.filter(({ stepIndex }) => stepIndex === null);
    const [first] = fresh;
    const last = own.at(-1);
    if (turn.continuesId === null || !first || !last) return { own, joined: [], exchanges: [] };
    const { conversationId, epoch } = turn;
    const stretch = { conversationId, epoch, after: first.id - 1n, before: last.id + 1n };
    return continuedPast(
      await this.messages.said(stretch),
      turn.id,
      (message) => this.blockOf(conversation, [message], pictures),
      (text) => this.tokens.count(text),
    );
  }

  /** Messages as the model sees them, to be kept together. */
  blockOf(conversation: Conversation, messages: readonly Message[], pictures: PicturesOf): Block {
    const group = conversation.chatType !== 'private';
    const block = blockOf(
      messages.map((message) => chatMessage(message, group, pictures.get(message.id))),
      (text) => this.tokens.count(text),
    );
    return withOrigin(block, messages);
  }

  /** A turn that has waited for so long that the summary tells of it, or of what came after it, goes without. */
  private async summaryBefore(before: bigint, turn: Turn): Promise<Summary | null> {
    const summary = await this.summaries.of(turn.conversationId, turn.epoch);
    return summary && summary.text !== '' && summary.coversUntil < before ? summary : null;
  }

  /** Those of the turn's messages that joined it while it ran, by the step before which they did. */
  private joined(conversation: Conversation, messages: readonly Message[], pictures: PicturesOf): Joined[] {
    return messages.flatMap((message) =>
      message.stepIndex === null
        ? []
        : [{ stepIndex: message.stepIndex, block: this.blockOf(conversation, [message], pictures) }],
    );
  }

  /** The newest facts that a quarter of the budget holds, in the order in which they were told. */
  private newestFacts(facts: readonly StoredFact[]): string[] {
    let left = this.settings.contextTokens / 4;
    const kept = facts.toReversed().filter(({ text }) => (left -= this.tokens.count(text)) >= 0);
    return kept.toReversed().map(({ text }) => text);
  }

  /** Reads pages of history until the budget is used up: the cost does not grow with the conversation. */
  private async history(
    conversation: Conversation,
    stretch: Stretch,
    budget: number,
    signal: AbortSignal,
  ): Promise<{ blocks: readonly Block[]; outgrown: boolean }> {
    const share = Math.min(budget, sharesOf(this.settings.contextTokens).history);
    const show = (newest: readonly PastMessage[]) => this.pictures.ofPast(newest, signal);
    let read = 0;
    let blocks: Block[] = [];
    for await (const entries of this.reader.pages(conversation, stretch, show)) {
      read += entries.reduce((sum, entry) => sum + tokensOf(entry), 0);
      const all = [...entries.flatMap((entry) => entry.blocks), ...blocks];
      blocks = newestWithin(all, budget);
      if (blocks.length < all.length) return { blocks: fromAnchor(blocks), outgrown: true };
    }
    return { blocks, outgrown: read > share };
  }
}
